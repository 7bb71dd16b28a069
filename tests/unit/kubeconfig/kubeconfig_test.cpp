#include "kubeconfig/kubeconfig.hpp"
#include "kubeconfig/credential.hpp"

#include "support.hpp"

#include <map>

using namespace fedctl;
using namespace fedctl::kubeconfig;
using support::TemporaryFolder;
using namespace std::chrono_literals;

namespace {

/// A kubeconfig with one context `c`, its user and cluster as given.
std::string config_with(const std::string& user, const std::string& cluster = "{server: 'https://example.com:6443/'}") {
  return "apiVersion: v1\nkind: Config\nclusters:\n- {name: k, cluster: " + cluster + "}\nusers:\n- name: u\n  user: " + user +
         "\ncontexts:\n- {name: c, context: {cluster: k, user: u, namespace: team}}\ncurrent-context: c\n";
}

Result<Access> access_of(const TemporaryFolder& folder, const std::string& text) {
  const auto config = load(folder.write("config", text));
  if (!config) return Failure{config.error()};
  return access(*config, "c");
}

Result<Credential> credential_of(const Identity& identity) {
  http::Loop loop;
  CredentialSource source{loop, identity};
  return loop.run(source.get());
}

const std::string v1 = "client.authentication.k8s.io/v1";

ExecPlugin plugin(const TemporaryFolder& folder, const std::string& script) {
  return {.api_version = v1, .command = folder.write("plugin.sh", "#!/bin/sh\n" + script, true).string(), .may_ask = false};
}

std::string answer(const std::string& status) {
  return "echo '{\"apiVersion\": \"" + v1 + "\", \"kind\": \"ExecCredential\", \"status\": {" + status + "}}'\n";
}

}  // namespace

TEST_CASE("a context gives the server, the namespace and the token") {
  const TemporaryFolder folder;
  const auto access = access_of(folder, config_with("{token: secret}"));
  REQUIRE(access);
  CHECK(access->endpoint.url == "https://example.com:6443");
  CHECK(access->default_namespace == "team");
  CHECK(access->identity.token == "secret");
}

TEST_CASE("of several files in KUBECONFIG the first wins, and missing ones are skipped") {
  const TemporaryFolder folder;
  const auto first = folder.write("first", config_with("{token: one}"));
  const auto second = folder.write("second", config_with("{token: two}") + "# more\n");
  ::setenv("KUBECONFIG", (first.string() + ":/does/not/exist:" + second.string()).c_str(), 1);
  const auto config = load(std::nullopt);
  ::unsetenv("KUBECONFIG");
  REQUIRE(config);
  CHECK(access(*config, "c")->identity.token == "one");
}

TEST_CASE("relative paths are relative to the file that holds them") {
  const TemporaryFolder folder;
  folder.write("pki/ca.pem", "authority");
  const auto access = access_of(folder, config_with("{tokenFile: token}", "{server: 'https://x', certificate-authority: pki/ca.pem}"));
  REQUIRE(access);
  CHECK(access->endpoint.tls.ca_pem == "authority");
  CHECK(access->identity.token_file == folder.path() / "token");
}

TEST_CASE("inline data win over files and must be base64") {
  const TemporaryFolder folder;
  const auto access =
      access_of(folder, config_with("{}", "{server: 'https://x', certificate-authority-data: YWJj, certificate-authority: /nowhere}"));
  REQUIRE(access);
  CHECK(access->endpoint.tls.ca_pem == "abc");
  const auto bad = access_of(folder, config_with("{}", "{server: 'https://x', certificate-authority-data: '***'}"));
  REQUIRE_FALSE(bad);
  CHECK_THAT(describe(bad.error()), Catch::Contains("config:4:") && Catch::Contains("no base64"));
}

TEST_CASE("a context that is not there is an error with the nearest name") {
  const TemporaryFolder folder;
  const auto config = load(folder.write("config", "contexts:\n- {name: tokyo-cluster, context: {}}\n"));
  REQUIRE(config);
  const auto missing = access(*config, "tokio-cluster");
  REQUIRE_FALSE(missing);
  CHECK_THAT(describe(missing.error()), Catch::Contains("no context 'tokio-cluster'") && Catch::Contains("did you mean 'tokyo-cluster'"));
}

TEST_CASE("a context whose user or cluster is missing is an error at its line") {
  const TemporaryFolder folder;
  const auto config = load(folder.write("config", "clusters: []\ncontexts:\n- {name: c, context: {cluster: gone}}\n"));
  CHECK_THAT(describe(access(*config, "c").error()), Catch::Contains("config:3:") && Catch::Contains("no cluster 'gone'"));
}

TEST_CASE("an auth-provider is refused, saying what to use") {
  const TemporaryFolder folder;
  const auto access = access_of(folder, config_with("{auth-provider: {name: gcp}}"));
  REQUIRE_FALSE(access);
  CHECK_THAT(describe(access.error()), Catch::Contains("auth-provider 'gcp'") && Catch::Contains("gke-gcloud-auth-plugin"));
}

TEST_CASE("half a client certificate is refused") {
  const TemporaryFolder folder;
  CHECK_THAT(access_of(folder, config_with("{client-certificate-data: YWJj}")).error().message, Catch::Contains("client-key"));
}

TEST_CASE("impersonation, proxy and TLS server name are taken over") {
  const TemporaryFolder folder;
  const auto access = access_of(folder, config_with("{token: t, as: jane, as-groups: [dev], as-user-extra: {scopes/x: [view]}}",
                                                    "{server: 'https://x', proxy-url: 'http://proxy:1', tls-server-name: name}"));
  REQUIRE(access);
  CHECK(access->endpoint.proxy_url == "http://proxy:1");
  CHECK(access->endpoint.tls.server_name == "name");
  CHECK(access->identity.impersonation_headers ==
        std::vector<std::string>{"Impersonate-User: jane", "Impersonate-Group: dev", "Impersonate-Extra-scopes%2Fx: view"});
}

TEST_CASE("no kubeconfig at all is an error that says where it was looked for") {
  const std::map<std::string, std::string> messages{{"/does/not/exist", "/does/not/exist does not exist"},
                                                    {"/no/one:/no/two", "none of /no/one, /no/two exists"},
                                                    {"::::", "KUBECONFIG names no file"}};
  for (const auto& [variable, message] : messages) {
    ::setenv("KUBECONFIG", variable.c_str(), 1);
    const auto config = load(std::nullopt);
    ::unsetenv("KUBECONFIG");
    REQUIRE_FALSE(config);
    CHECK_THAT(describe(config.error()), Catch::Contains(message) && Catch::Contains("--kubeconfig"));
  }
}

TEST_CASE("a broken kubeconfig is an error with its line") {
  const TemporaryFolder folder;
  const auto config = load(folder.write("config", "clusters:\n- cluster: {}\n"));
  REQUIRE_FALSE(config);
  CHECK_THAT(describe(config.error()), Catch::Contains("config:2:") && Catch::Contains("needs a name"));
}

TEST_CASE("a token file is read for its token") {
  const TemporaryFolder folder;
  const auto credential = credential_of({.token_file = folder.write("token", "abc\n")});
  REQUIRE(credential);
  CHECK(credential->headers == std::vector<std::string>{"Authorization: Bearer abc"});
}

TEST_CASE("a token file is read again after a refusal") {
  const TemporaryFolder folder;
  http::Loop loop;
  CredentialSource source{loop, {.token_file = folder.write("token", "old")}};
  REQUIRE(loop.run(source.get()));
  folder.write("token", "new");
  CHECK(source.refresh());
  CHECK(loop.run(source.get())->headers.front() == "Authorization: Bearer new");
}

TEST_CASE("an exec plugin gets its environment and KUBERNETES_EXEC_INFO, and gives a token") {
  const TemporaryFolder folder;
  ExecPlugin exec = plugin(
      folder, "echo \"$KUBERNETES_EXEC_INFO $EXTRA $1\" > " + (folder.path() / "seen").string() + "\n" + answer("\"token\": \"abc\""));
  exec.environment["EXTRA"] = "extra";
  exec.arguments = {"first"};
  const auto result = ask_plugin(exec, 5s);
  REQUIRE(result);
  CHECK(result->credential.headers == std::vector<std::string>{"Authorization: Bearer abc"});
  std::ifstream seen{folder.path() / "seen"};
  const std::string text{std::istreambuf_iterator<char>{seen}, {}};
  CHECK_THAT(text, Catch::Contains("ExecCredential") && Catch::Contains("\"interactive\":false") && Catch::Contains("extra first"));
}

TEST_CASE("an exec plugin runs once until its token expires") {
  const TemporaryFolder folder;
  const std::string runs = (folder.path() / "runs").string();
  const std::string expiry = GENERATE("2999-01-01T00:00:00Z", "2001-01-01T00:00:00Z");
  http::Loop loop;
  CredentialSource source{
      loop,
      {.plugin = plugin(folder, "echo x >> " + runs + "\n" + answer("\"token\": \"a\", \"expirationTimestamp\": \"" + expiry + "\""))}};
  REQUIRE(loop.run(source.get()));
  REQUIRE(loop.run(source.get()));
  CHECK(std::filesystem::file_size(runs) == (expiry.starts_with("2999") ? 2u : 4u));
}

TEST_CASE("an exec plugin's expirationTimestamp that is no time is refused, as kubectl refuses it") {
  const TemporaryFolder folder;
  const std::string expiry = GENERATE("\"tomorrow\"", "\"\"", "5", "{}");
  const auto result = ask_plugin(plugin(folder, answer("\"token\": \"a\", \"expirationTimestamp\": " + expiry)), 5s);
  REQUIRE_FALSE(result);
  CHECK_THAT(result.error().message, Catch::Contains("expirationTimestamp"));
}

TEST_CASE("a plugin that took its time to fail is not run again for as long") {
  const TemporaryFolder folder;
  const std::string runs = (folder.path() / "runs").string();
  http::Loop loop;
  CredentialSource source{loop, {.plugin = plugin(folder, "echo x >> " + runs + "\nsleep 1\necho stale >&2\nexit 3\n")}};
  for (int request = 0; request < 3; ++request) {
    const auto credential = loop.run(source.get());
    REQUIRE_FALSE(credential);
    CHECK_THAT(credential.error().message, Catch::Contains("stale"));
  }
  CHECK(std::filesystem::file_size(runs) == 2);
}

TEST_CASE("a plugin that fails shows what it said") {
  const TemporaryFolder folder;
  const auto result = ask_plugin(plugin(folder, "echo 'token has gone stale' >&2; exit 3\n"), 5s);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Code::unauthorized);
  CHECK_THAT(result.error().message, Catch::Contains("exit status 3") && Catch::Contains("token has gone stale"));
}

TEST_CASE("a plugin that hangs is ended") {
  const TemporaryFolder folder;
  const auto result = ask_plugin(plugin(folder, "exec sleep 60\n"), 200ms);
  REQUIRE_FALSE(result);
  CHECK_THAT(result.error().message, Catch::Contains("no answer within 200ms"));
}

TEST_CASE("a plugin that is not installed shows the install hint") {
  ExecPlugin exec{.api_version = v1, .command = "no-such-plugin-anywhere", .install_hint = "get it from the shop", .may_ask = false};
  CHECK_THAT(describe(ask_plugin(exec, 5s).error()), Catch::Contains("no-such-plugin-anywhere") && Catch::Contains("get it from the shop"));
}

TEST_CASE("a plugin that prints something else is an error, and what it printed stays unsaid") {
  const TemporaryFolder folder;
  const auto result = ask_plugin(plugin(folder, "echo my-secret-token\n"), 5s);
  REQUIRE_FALSE(result);
  CHECK_THAT(describe(result.error()), !Catch::Contains("my-secret-token"));
}
