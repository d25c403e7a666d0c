// Shows the API's own description, and lets requests be sent to it with a key given by the reader.
"use strict";

SwaggerUIBundle({
  dom_id: "#explorer",
  url: "v1/openapi.json",
  // The key is forgotten with the page, and nothing is sent to a validator elsewhere.
  persistAuthorization: false,
  validatorUrl: null,
  docExpansion: "list",
  // A request that needs a body is shown with an example of it.
  defaultModelRendering: "example",
});
