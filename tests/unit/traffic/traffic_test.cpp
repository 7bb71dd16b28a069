#include "traffic/aws_credentials.hpp"
#include "traffic/resolve.hpp"

#include "support.hpp"

#include <catch2/catch.hpp>
#include <map>

using namespace fedctl;
using namespace fedctl::traffic;

namespace {

Result<AwsCredentials> credentials(std::map<std::string, std::string> variables, const std::string& profile = {}) {
  http::Loop loop;
  variables.emplace("AWS_EC2_METADATA_DISABLED", "true");
  const Environment environment = [variables](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string{} : found->second;
  };
  return loop.run(find_aws_credentials(loop, environment, profile));
}

}  // namespace

TEST_CASE("AWS credentials are looked for where AWS' own tools look") {
  const support::TemporaryFolder folder;
  const std::string keys = folder.write(
      "credentials",
      "[default]\naws_access_key_id = A\naws_secret_access_key = B\n[other]\naws_access_key_id = C\naws_secret_access_key = D\n");
  const std::string config = folder.write(
      "config",
      "[profile tool]\ncredential_process = echo '{\"AccessKeyId\": \"P\", \"SecretAccessKey\": \"Q\", \"SessionToken\": \"R\"}'\n");
  const std::map<std::string, std::string> files{{"AWS_SHARED_CREDENTIALS_FILE", keys}, {"AWS_CONFIG_FILE", config}};
  CHECK(credentials({{"AWS_ACCESS_KEY_ID", "X"}, {"AWS_SECRET_ACCESS_KEY", "Y"}})->access_key == "X");
  CHECK(credentials(files)->access_key == "A");
  CHECK(credentials(files, "other")->secret_key == "D");
  CHECK(credentials(files, "tool")->session_token == "R");
  CHECK(credentials(files, "nobody").error().code == Code::not_found);
  CHECK(credentials({{"AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"}, {"AWS_CONFIG_FILE", "/nonexistent"}}).error().code ==
        Code::unauthorized);
}

TEST_CASE("a container's credentials are asked of this machine, of the container's host, or by https, and of nobody else") {
  const auto asked = [](const std::string& url) {
    return credentials({{"AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"},
                        {"AWS_CONFIG_FILE", "/nonexistent"},
                        {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "secret"},
                        {"AWS_CONTAINER_CREDENTIALS_FULL_URI", url}})
        .error()
        .code;
  };
  for (const char* url : {"http://192.0.2.1/role", "http://169.254.170.2@192.0.2.1/role", "http://169.254.170.2.example.com/role",
                          "http://[2001:db8::1]/role", "http://127.0.0.1.example.com/role", "ftp://192.0.2.1/role", "nonsense://"}) {
    INFO(url);
    CHECK(asked(url) == Code::rejected);
  }
  // Nobody listens there, so they were asked in vain.
  for (const char* url : {"http://127.0.0.1:1/role", "http://127.1.2.3:1/role", "http://[::1]:1/role", "http://localhost:1/role",
                          "https://127.0.0.1:1/role"}) {
    INFO(url);
    CHECK(asked(url) == Code::unauthorized);
  }
}

TEST_CASE("DNS servers are read with and without a port") {
  CHECK(parse_server("192.0.2.1")->port == "53");
  CHECK(parse_server("127.0.0.1:5353")->port == "5353");
  CHECK(parse_server("[::1]:54")->host == "::1");
  CHECK(parse_server("2001:db8::1")->host == "2001:db8::1");
  CHECK_FALSE(parse_server("127.0.0.1:dns"));
  CHECK_FALSE(parse_server(""));
}

TEST_CASE("names are compared as DNS does") {
  CHECK(same_name("App.example.com.", "app.example.com"));
  CHECK_FALSE(same_name("app.example.com", "example.com"));
}
