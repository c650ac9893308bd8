"use strict";

const form = document.getElementById("key");
const said = document.getElementById("said");
let key = "";

function authorized(headers) {
  return key ? { ...headers, authorization: `Bearer ${key}` } : headers;
}

async function show() {
  const answer = await fetch("openapi.json", { headers: authorized({}) });
  if (answer.status === 401) {
    said.textContent = key ? "That is no key of this server." : "";
    form.hidden = false;
    document.getElementById("value").focus();
    return;
  }
  form.hidden = true;
  SwaggerUIBundle({
    spec: await answer.json(),
    dom_id: "#interface",
    deepLinking: true,
    validatorUrl: null,
    requestInterceptor: (request) => ({ ...request, headers: authorized(request.headers) }),
  });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  key = document.getElementById("value").value.trim();
  show();
});

show();
