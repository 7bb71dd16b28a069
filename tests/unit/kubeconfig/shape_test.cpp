#include "kubeconfig/credential.hpp"
#include "kubeconfig/kubeconfig.hpp"

#include "support.hpp"

#include <set>

using namespace fedctl;
using namespace fedctl::kubeconfig;
using nlohmann::json;
using support::TemporaryFolder;

namespace {

/// Every field that clientcmd.v1 knows.
json full_config() {
  return json::parse(R"({
    "apiVersion": "v1", "kind": "Config", "current-context": "c",
    "preferences": {"colors": true, "extensions": [{"name": "p", "extension": {"x": 1}}]},
    "extensions": [{"name": "e", "extension": {"x": 1}}],
    "clusters": [{"name": "k", "cluster": {"server": "https://example.com", "tls-server-name": "n", "insecure-skip-tls-verify": false,
      "certificate-authority": "ca.pem", "certificate-authority-data": "YWJj", "proxy-url": "http://proxy", "disable-compression": true,
      "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "a"}}]}}],
    "users": [{"name": "u", "user": {"client-certificate": "c.pem", "client-certificate-data": "YWJj", "client-key": "k.pem",
      "client-key-data": "YWJj", "token": "t", "tokenFile": "f", "as": "jane", "as-uid": "7", "as-groups": ["dev"],
      "as-user-extra": {"scopes/x~y": ["view"]}, "username": "n", "password": "p", "extensions": [{"name": "e", "extension": 1}],
      "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "login", "args": ["-a"], "env": [{"name": "E", "value": "v"}],
        "installHint": "h", "interactiveMode": "Never", "provideClusterInfo": true}}},
      {"name": "old", "user": {"auth-provider": {"name": "gcp", "config": {"k": "v"}}}}],
    "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u", "namespace": "team", "extensions": [{"name": "e"}]}}]
  })");
}

Result<Access> access_by(const TemporaryFolder& folder, const std::string& text) {
  const auto config = load(folder.write("config", text));
  if (!config) return Failure{config.error()};
  return access(*config, "c");
}

std::string with_user(const std::string& user) {
  return "clusters:\n- name: k\n  cluster: {server: 'https://x'}\ncontexts:\n- name: c\n  context: {cluster: k, user: u}\nusers:\n- name: "
         "u\n  user:\n" +
         user;
}

std::vector<std::string> pointers_in(const json& value) {
  std::vector<std::string> pointers;
  const json flat = value.flatten();
  std::set<std::string> seen;
  for (const auto& leaf : flat.items()) {
    for (std::string pointer = leaf.key(); !pointer.empty(); pointer = pointer.substr(0, pointer.rfind('/'))) seen.insert(pointer);
  }
  return {seen.begin(), seen.end()};
}

}  // namespace

TEST_CASE("a full kubeconfig is read") {
  const TemporaryFolder folder;
  CHECK(access_by(folder, full_config().dump()));
}

TEST_CASE("whatever stands in a kubeconfig instead of what should, it is an error with its place where kubectl refuses it") {
  const TemporaryFolder folder;
  const json config = full_config();
  const std::vector<json> others{json(nullptr), json(5), json(true), json("text"), json::array({7}), json{{"name", 7}}};
  std::size_t errors = 0;
  for (const std::string& pointer : pointers_in(config)) {
    const json::json_pointer at{pointer};
    for (const json& other : others) {
      json damaged = config;
      damaged[at] = other;
      INFO(pointer << " is " << other);
      const auto access = access_by(folder, yaml::emit(damaged));
      if (!access && access.error().code != Code::not_found) CHECK_THAT(access.error().place, Catch::Contains("config:"));
      const bool is_free = pointer.find("/extension/") != std::string::npos || pointer.ends_with("/extension");
      const bool same_type = other.type() == config[at].type() || (other.is_number() && config[at].is_number());
      if (!is_free && !same_type && !other.is_null()) CHECK_FALSE(access);
      errors += access ? 0 : 1;
    }
  }
  CHECK(errors > 250);
}

TEST_CASE("numbers and booleans in what a plugin is given are an error at their line") {
  const TemporaryFolder folder;
  const std::string exec = "    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: login\n";
  const auto number = access_by(folder, with_user(exec + "      args: [--port, 8000]\n"));
  REQUIRE_FALSE(number);
  CHECK_THAT(describe(number.error()), Catch::Contains("config:13:") && Catch::Contains("'users[0].user.exec.args[1]' must be a string") &&
                                           Catch::Contains("quotes"));
  const auto flag = access_by(folder, with_user(exec + "      env:\n      - name: DEBUG\n        value: true\n"));
  REQUIRE_FALSE(flag);
  CHECK_THAT(describe(flag.error()), Catch::Contains("config:15:") && Catch::Contains("exec.env[0].value"));
}

TEST_CASE("a value of the wrong type is not said, for it may be a secret") {
  const TemporaryFolder folder;
  const auto access = access_by(folder, with_user("    token: 123456789\n"));
  REQUIRE_FALSE(access);
  CHECK_THAT(describe(access.error()), !Catch::Contains("123456789") && Catch::Contains("users[0].user.token"));
}

TEST_CASE("a name that stands twice in one file is refused with both lines") {
  const TemporaryFolder folder;
  const std::string list = GENERATE("clusters", "users", "contexts");
  const auto config = load(folder.write("config", "kind: Config\n" + list + ":\n- name: a\n- name: b\n- name: a\n"));
  REQUIRE_FALSE(config);
  CHECK_THAT(describe(config.error()), Catch::Contains("config:5:") && Catch::Contains("config:3:") && Catch::Contains("'a' stands twice"));
}

TEST_CASE("another kind of file is no kubeconfig") {
  const TemporaryFolder folder;
  CHECK_THAT(describe(load(folder.write("config", "apiVersion: v1\nkind: Pod\n")).error()), Catch::Contains("config:2:"));
}

TEST_CASE("impersonation of a group alone is refused, as it would be dropped") {
  const TemporaryFolder folder;
  CHECK_THAT(describe(access_by(folder, with_user("    as-groups: [viewers]\n")).error()), Catch::Contains("need 'as'"));
}

TEST_CASE("a token's last line end is no part of it, and other control characters are refused") {
  const TemporaryFolder folder;
  const auto access = access_by(folder, with_user("    token: |\n      abc\n"));
  REQUIRE(access);
  CHECK(access->identity.token == "abc");
  for (const std::string user :
       {R"(    token: "a\r\nX-Injected: 1")", R"(    token: "a\0b")", R"(    {as: "jane\nImpersonate-Group: system:masters"})",
        R"(    {as: jane, as-groups: ["a\rb"]})", R"(    {as: jane, as-user-extra: {k: ["a\nb"]}})"}) {
    const auto refused = access_by(folder, with_user(user + "\n"));
    INFO(user);
    REQUIRE_FALSE(refused);
    CHECK_THAT(describe(refused.error()), Catch::Contains("control character") && Catch::Contains("config:"));
    CHECK_THAT(describe(refused.error()), !Catch::Contains("X-Injected"));
  }
}

TEST_CASE("a token file and a plugin's answer are looked at like a token in the file") {
  const TemporaryFolder folder;
  http::Loop loop;
  CredentialSource source{loop, {.token_file = folder.write("token", "a\nX-Injected: 1\n")}};
  CHECK_THAT(describe(loop.run(source.get()).error()), Catch::Contains("control character"));
  const std::string answer = R"({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "a\nb"}})";
  const ExecPlugin plugin{.api_version = "client.authentication.k8s.io/v1",
                          .command = folder.write("plugin", "#!/bin/sh\ncat <<'E'\n" + answer + "\nE\n", true).string(),
                          .may_ask = false};
  const auto said = ask_plugin(plugin, std::chrono::seconds{5});
  REQUIRE_FALSE(said);
  CHECK_THAT(describe(said.error()), Catch::Contains("control character"));
}

TEST_CASE("no header with a control character is sent, whoever made it") {
  http::Loop loop;
  http::Endpoint endpoint;
  endpoint.url = "http://127.0.0.1:1";
  const auto answer = loop.run(loop.transfer(endpoint, {.headers = {"X-Amz-Security-Token: secret\r\nX-Other: 1"}}));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::invalid_input);
  CHECK_THAT(answer.error().message, Catch::Contains("X-Amz-Security-Token") && !Catch::Contains("secret"));
}
