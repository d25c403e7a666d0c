"""A small model of the books in plain Python, and random programs that hold the API to it.

The model is `books`, `holds` and `past`. What is asked is drawn in `drawing` and spelled in `spelling`; each
`..._rules` is a part of the machine that asks the API and the model the same, and `comparing` compares them.
"""
