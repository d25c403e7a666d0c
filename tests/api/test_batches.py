from tests.api.client import LEDGER, refused, send, send_ok, transfer, get
import json
def test_x(books):
    url=f"{LEDGER}/transactions/batch"
    send_ok(books, "POST", f"{LEDGER}/accounts", {"path": "assets:low", "limits": {"USD": {"min": "0"}}}, 201)
    r=send(books,"POST",url,{"mode":"each","transactions":[transfer(idempotency_key="a"),transfer("expenses:food","assets:low"),transfer(reference="r"),transfer(reference="r",idempotency_key="b"),transfer(idempotency_key="a"),transfer(amount="1",idempotency_key="a"),transfer("nowhere"), {"postings":3}]})
    print(json.dumps(r.json,indent=1))
    a=send(books,"POST",f"{LEDGER}/transactions",transfer(),headers={"Idempotency-Key":"a"})
    assert a.headers["Idempotency-Replayed"]
    b=send(books,"POST",f"{LEDGER}/transactions",transfer(),headers={"Idempotency-Key":"b"})
    assert b.status_int==201 and "Idempotency-Replayed" not in b.headers
    r=send(books,"POST",url,{"mode":"atomic","transactions":[transfer(idempotency_key="a"),transfer("assets:low"),transfer("expenses:food","assets:low"),transfer("expenses:food","assets:low"),transfer(reference="r")]})
    print(json.dumps(r.json,indent=1))
    r=send(books,"POST",url,{"mode":"atomic","transactions":[transfer(idempotency_key="a"),transfer("assets:low"),transfer("expenses:food","assets:low")]})
    print(json.dumps(r.json,indent=1))
    assert 0
