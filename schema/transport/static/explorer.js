// Starts GraphiQL on the page: tabs from the examples in the page, subscriptions over graphql-transport-ws.
// What one tab finds, the next can use: ids and tokens of results are remembered (in this browser tab only), and fill
// variables that were left empty. `cart { id }` is remembered as cartId, the first of `variants { id }` as variantId,
// `orders { nodes { id } }` as orderId, `order { token }` as orderToken, `challenge { secret }` as challenge, `accessToken` as it is; the header "Bearer $accessToken" gets the latest of these.
"use strict";
(function () {
  const KEY = "vitrine.found";
  const found = JSON.parse(window.sessionStorage.getItem(KEY) || "{}");

  function remember(name, value) {
    if (Array.isArray(value)) {
      const singular = name.replace(/ies$/, "y").replace(/s$/, "");
      for (const each of value.slice(0, 50).reverse()) remember(singular, each);
    } else if (value && typeof value === "object") {
      for (const [key, inner] of Object.entries(value)) {
        if (typeof inner !== "string") remember(key === "nodes" ? name : key, inner);
        else if (key === "id" || key === "token") found[name + key[0].toUpperCase() + key.slice(1)] = inner;
        else if (key === "secret" && name === "challenge") found.challenge = inner;
        else if (key === "accessToken" || key === "refreshToken") found[key] = inner;
      }
    }
  }

  function note(result) {
    if (result && result.data) {
      remember("data", result.data);
      window.sessionStorage.setItem(KEY, JSON.stringify(found));
    }
    return result;
  }

  function filled(params) {
    const variables = Object.assign({}, params.variables);
    for (const match of (params.query || "").matchAll(/\$(\w+)\s*:/g)) {
      const name = match[1];
      if (name in found && (variables[name] === undefined || variables[name] === null || variables[name] === "")) {
        variables[name] = found[name];
      }
    }
    return Object.assign({}, params, { variables: variables });
  }

  function withToken(options) {
    const headers = Object.assign({}, options && options.headers);
    for (const name of Object.keys(headers)) {
      if (headers[name] !== "Bearer $accessToken") continue;
      if (found.accessToken) headers[name] = "Bearer " + found.accessToken;
      else delete headers[name];
    }
    return Object.assign({}, options, { headers: headers });
  }

  async function* noted(results) {
    for await (const each of results) yield note(each);
  }

  const url = window.location.origin + window.location.pathname;
  const fetch = GraphiQL.createFetcher({
    url: url,
    subscriptionUrl: url.replace(/^http/, "ws"),
    headers: { Accept: "application/graphql-response+json, application/json" },
  });
  function isRefused(result) {
    const codes = ((result && result.errors) || []).map((error) => error.extensions && error.extensions.code);
    return codes.includes("TOKEN_EXPIRED") || (codes.includes("UNAUTHENTICATED") && result.data === undefined);
  }

  async function fetcher(params, options) {
    const sent = withToken(options);
    let result = await fetch(filled(params), sent);
    if (isRefused(result) && found.accessToken && Object.values(sent.headers).includes("Bearer " + found.accessToken)) {
      // The log-in that was remembered has ended: without it, a new one can be made.
      delete found.accessToken;
      result = await fetch(filled(params), withToken(options));
    }
    return result && typeof result[Symbol.asyncIterator] === "function" ? noted(result) : note(result);
  }

  const tabs = JSON.parse(document.getElementById("examples").textContent);
  ReactDOM.createRoot(document.getElementById("explorer")).render(
    React.createElement(GraphiQL, {
      fetcher: fetcher,
      defaultTabs: tabs.length ? tabs : undefined,
      defaultEditorToolsVisibility: true,
      inputValueDeprecation: true,
      shouldPersistHeaders: true,
    }),
  );
})();
