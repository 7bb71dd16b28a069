#include "fleet/trust.hpp"

#include "support.hpp"

#include <cstdlib>

using namespace fedctl;
using support::TemporaryFolder;

namespace {

kubeconfig::Access with_program() {
  kubeconfig::Access access;
  access.identity.plugin = kubeconfig::ExecPlugin{.command = "steal"};
  return access;
}

kubeconfig::Access with_token_file() {
  kubeconfig::Access access;
  access.endpoint.url = "https://elsewhere";
  access.identity.token_file = "/root/.ssh/id_rsa";
  return access;
}

}  // namespace

TEST_CASE("a kubeconfig that the user named may run programs and send token files") {
  const fleet::Trust user;
  CHECK(fleet::check_trust(user, "other", with_program()));
  CHECK(fleet::check_trust(user, std::nullopt, with_token_file()));
}

TEST_CASE("a kubeconfig that a file brought may neither run programs nor send token files") {
  const TemporaryFolder folder;
  const auto path = folder.write("kubeconfig", "");
  const fleet::Trust brought{"the saved plan"};
  const auto program = fleet::check_trust(brought, path, with_program());
  REQUIRE_FALSE(program);
  CHECK(program.error().code == Code::forbidden);
  CHECK_THAT(describe(program.error()), Catch::Contains("the saved plan names the kubeconfig " + path.string()) &&
                                            Catch::Contains("runs the program 'steal'") && Catch::Contains("--trust-kubeconfig"));
  const auto token = fleet::check_trust(brought, path, with_token_file());
  REQUIRE_FALSE(token);
  CHECK_THAT(describe(token.error()), Catch::Contains("sends the contents of /root/.ssh/id_rsa to https://elsewhere"));
  CHECK(fleet::check_trust(brought, path, kubeconfig::Access{}));
}

TEST_CASE("a kubeconfig that a file brought is trusted where it is the user's own, or was named") {
  const TemporaryFolder folder;
  const auto path = folder.write("kubeconfig", "");
  const auto other = folder.write("other", "");
  fleet::Trust brought{"the saved plan", {other}};
  CHECK_FALSE(fleet::check_trust(brought, path, with_program()));
  brought.named.push_back(folder.path() / "." / "kubeconfig");
  CHECK(fleet::check_trust(brought, path, with_program()));
  brought.named.clear();
  const char* before = std::getenv("KUBECONFIG");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("KUBECONFIG", (other.string() + ":" + path.string()).c_str(), 1);
  CHECK(fleet::check_trust(brought, path, with_program()));
  CHECK_FALSE(fleet::check_trust(brought, folder.path() / "missing", with_program()));
  kept.empty() ? ::unsetenv("KUBECONFIG") : ::setenv("KUBECONFIG", kept.c_str(), 1);
}
