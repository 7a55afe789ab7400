// Starts GraphiQL on the page: tabs from the examples in the page, subscriptions over graphql-transport-ws.
"use strict";
(function () {
  const element = document.getElementById("explorer");
  const tabs = JSON.parse(document.getElementById("examples").textContent);
  const url = window.location.origin + window.location.pathname;
  const fetcher = GraphiQL.createFetcher({
    url: url,
    subscriptionUrl: url.replace(/^http/, "ws"),
    headers: { Accept: "application/graphql-response+json, application/json" },
  });
  ReactDOM.createRoot(element).render(
    React.createElement(GraphiQL, {
      fetcher: fetcher,
      defaultTabs: tabs.length ? tabs : undefined,
      defaultEditorToolsVisibility: true,
      inputValueDeprecation: true,
      shouldPersistHeaders: true,
    }),
  );
})();
