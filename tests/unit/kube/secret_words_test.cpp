#include "kube/secret_words.hpp"

#include "support.hpp"

using namespace fedctl;
using nlohmann::json;

TEST_CASE("a server's words about a Secret are without its values, however they are spelled") {
  const json secret = json::parse(R"({"kind": "Secret", "metadata": {"name": "db"},
    "data": {"password": "aHVudGVyMg==", "file": "bGluZSBvbmUKbGluZSB0d28K"}, "stringData": {"token": "say \"friend\""}})");
  const auto said = [&](const std::string& message) { return kube::without_secrets(message, "Secret", secret); };
  CHECK(said("Invalid value: \"hunter2\": too short") == "Invalid value: \"(hidden)\": too short");
  CHECK(said("Invalid value: \"aHVudGVyMg==\"") == "Invalid value: \"(hidden)\"");
  CHECK(said("the line 'line two' is wrong") == "the line '(hidden)' is wrong");
  CHECK(said(R"(Invalid value: "line one\nline two\n")") == "Invalid value: \"(hidden)\"");
  CHECK(said(R"(Invalid value: "say \"friend\"")") == "Invalid value: \"(hidden)\"");
  CHECK(said("c2F5ICJmcmllbmQi is taken") == "(hidden) is taken");
  CHECK(said("metadata.name: db is taken") == "metadata.name: db is taken");
}

TEST_CASE("short values of a Secret are hidden between quotation marks, and longer ones before those that are part of them") {
  const json secret = json::parse(R"({"stringData": {"a": "no", "b": "noteworthy", "c": "note"}})");
  CHECK(kube::without_secrets("nothing is \"no\" but 'no'", "Secret", secret) == "nothing is \"(hidden)\" but '(hidden)'");
  CHECK(kube::without_secrets("noteworthy, note", "Secret", secret) == "(hidden), (hidden)");
}

TEST_CASE("patches, overrides, templates and the last applied configuration hold a Secret's values too") {
  const auto said = [](const json& content, const char* kind = "Secret") {
    return kube::without_secrets("Invalid value: hunter2", kind, content);
  };
  const std::string good = "Invalid value: (hidden)";
  CHECK(said(json::parse(R"([{"op": "replace", "path": "/data/password", "value": "aHVudGVyMg=="}])")) == good);
  CHECK(said(json::parse(R"([{"op": "add", "path": "/data", "value": {"password": "aHVudGVyMg=="}}])")) == good);
  CHECK(said(json::parse(R"({"spec": {"template": {"data": {"p": "aHVudGVyMg=="}}}})"), "FederatedSecret") == good);
  CHECK(said(json::parse(R"({"spec": {"overrides": [{"clusterOverrides": [{"path": "/data/p", "value": "aHVudGVyMg=="}]}]}})"),
             "FederatedSecret") == good);
  json applied;
  applied["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = R"({"stringData": {"p": "hunter2"}})";
  CHECK(said(applied) == good);
  CHECK(said(json::parse(R"({"data": {"p": "hunter2"}})"), "ConfigMap") == "Invalid value: hunter2");
}

TEST_CASE("where a value cannot be known, all that is quoted is hidden") {
  CHECK(kube::without_quoted("denied: \"pass\" is weak") == "denied: \"(hidden)\" is weak");
  CHECK(kube::without_quoted("a `x` and `y` z") == "a `(hidden)` z");
  CHECK(kube::without_quoted("an open 'quote") == "an open '(hidden)'");
  CHECK(kube::without_quoted("nothing quoted") == "nothing quoted");
}
