#include "traffic/aws_credentials.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "http/stoppable.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <ini.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <pugixml.hpp>

namespace fedctl::traffic {
namespace {

using nlohmann::json;
constexpr time::Duration metadata_patience{1000};

using Profile = std::map<std::string, std::string>;

/// What inih reads. Nothing may be thrown through its C frames, so what its callback throws is kept and thrown again after it.
struct Profiles {
  std::map<std::string, Profile> by_name;
  std::exception_ptr thrown;

  void read(const std::string& path) {
    ini_parse(path.c_str(), take_entry, this);
    if (thrown) std::rethrow_exception(thrown);
  }

 private:
  static int take_entry(void* all, const char* section, const char* name, const char* value) noexcept {
    Profiles& profiles = *static_cast<Profiles*>(all);
    try {
      std::string profile = section;
      if (profile.starts_with("profile ")) profile = text::trim(profile.substr(8));
      profiles.by_name[profile].emplace(name, value);
      return 1;
    } catch (...) {
      if (!profiles.thrown) profiles.thrown = std::current_exception();
      return 0;
    }
  }
};

std::string percent_encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view{"-_.~"}.find(c) != std::string_view::npos;
    result += is_plain ? std::string{c} : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

/// Whom AWS' own tools ask for a container's credentials, telling the container's token: whoever proves who it is, this machine, and the
/// addresses that only the container's host answers at.
bool may_be_asked(const std::string& url) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed{curl_url(), curl_url_cleanup};
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(parsed.get(), which, &text, 0) != CURLUE_OK) return std::string{};
    const std::unique_ptr<char, void (*)(void*)> owner{text, curl_free};
    return text::lower(text);
  };
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return false;
  if (part(CURLUPART_SCHEME) == "https") return true;
  std::string host = part(CURLUPART_HOST);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  in_addr four{};
  if (::inet_pton(AF_INET, host.c_str(), &four) == 1 && ntohl(four.s_addr) >> 24 == 127) return true;
  constexpr std::array<std::string_view, 5> known{"localhost", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"};
  return std::ranges::find(known, host) != known.end();
}

/// The process that looks for credentials, place after place.
class Search {
 public:
  Search(http::Loop& loop, Environment environment, std::string profile)
      : loop_(loop), environment_(std::move(environment)), profile_(std::move(profile)) {}

  Task<Result<AwsCredentials>> run() {
    if (profile_.empty() && !environment_("AWS_ACCESS_KEY_ID").empty()) {
      AwsCredentials found{environment_("AWS_ACCESS_KEY_ID"), environment_("AWS_SECRET_ACCESS_KEY"), environment_("AWS_SESSION_TOKEN"),
                           "the environment"};
      co_return found;
    }
    if (profile_.empty() && !environment_("AWS_WEB_IDENTITY_TOKEN_FILE").empty()) {
      co_return co_await web_identity(environment_("AWS_WEB_IDENTITY_TOKEN_FILE"), environment_("AWS_ROLE_ARN"),
                                      environment_("AWS_ROLE_SESSION_NAME"));
    }
    auto of_profile = co_await from_profile();
    if (!of_profile) co_return Failure{of_profile.error()};
    if (of_profile->has_value()) co_return **of_profile;
    auto of_container = co_await from_container();
    if (of_container) co_return std::move(*of_container);
    if (of_container.error().code == Code::rejected) co_return Failure{of_container.error()};
    auto of_instance = co_await from_instance();
    if (of_instance) co_return std::move(*of_instance);
    Error none{Code::unauthorized, "there are no AWS credentials: none in the environment, in the profile, or from a metadata service"};
    none.hint = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE";
    co_return Failure{std::move(none)};
  }

 private:
  using Found = std::optional<AwsCredentials>;

  Task<Result<http::Response>> ask(std::string url, http::Request request, time::Duration patience) {
    http::Endpoint endpoint{.url = std::move(url)};
    endpoint.connect_timeout = patience;
    endpoint.request_timeout = patience;
    auto response = co_await loop_.transfer(endpoint, request);
    if (response && response->status >= 300) {
      Error error{Code::unauthorized, fmt::format("{} answered {}", url::without_password(endpoint.url), response->status)};
      co_return Failure{std::move(error)};
    }
    co_return response;
  }

  /// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html: not signed, the token is the proof.
  Task<Result<AwsCredentials>> web_identity(std::string token_file, std::string role, std::string session) {
    const auto token = file::read(token_file, file::small_and_regular);
    if (!token) {
      Error error{Code::unauthorized, "the web identity's token cannot be read: " + token.error().message};
      co_return Failure{std::move(error)};
    }
    const std::string region = environment_("AWS_REGION");
    const std::string url = aws_endpoint(
        environment_, "STS", region.empty() ? "https://sts.amazonaws.com" : fmt::format("https://sts.{}.amazonaws.com", region));
    http::Request request{.method = "POST", .path = "/", .headers = {"Content-Type: application/x-www-form-urlencoded"}};
    request.body =
        fmt::format("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}&WebIdentityToken={}",
                    percent_encoded(role), percent_encoded(session.empty() ? "fedctl" : session), percent_encoded(text::trim(*token)));
    auto response = co_await ask(url, std::move(request), time::Duration{10'000});
    if (!response) co_return Failure{response.error()};
    pugi::xml_document document;
    document.load_string(response->body.c_str());
    const pugi::xml_node node = document.select_node("//*[local-name()='Credentials']").node();
    AwsCredentials found{node.child_value("AccessKeyId"), node.child_value("SecretAccessKey"), node.child_value("SessionToken"),
                         "the web identity"};
    if (found.access_key.empty()) {
      Error error{Code::unauthorized, "the security token service gave no credentials for the web identity"};
      co_return Failure{std::move(error)};
    }
    co_return found;
  }

  Task<Result<Found>> from_profile() {
    Profiles profiles;
    const auto home_file = [](const char* name) { return (file::home() / ".aws" / name).string(); };
    const auto or_default = [&](const char* variable, const char* name) {
      const std::string path = environment_(variable);
      return path.empty() ? home_file(name) : path;
    };
    // Of one key in both files the credentials' wins: it is taken first.
    profiles.read(or_default("AWS_SHARED_CREDENTIALS_FILE", "credentials"));
    profiles.read(or_default("AWS_CONFIG_FILE", "config"));
    const std::string named = profile_.empty() ? environment_("AWS_PROFILE") : profile_;
    const std::string name = named.empty() ? "default" : named;
    const auto found = profiles.by_name.find(name);
    if (found == profiles.by_name.end()) {
      Error error{Code::not_found, fmt::format("there is no AWS profile '{}'", name)};
      error.hint = "look into ~/.aws/credentials and ~/.aws/config, or at AWS_PROFILE";
      if (!named.empty()) co_return Failure{std::move(error)};
      co_return Found{};
    }
    const Profile profile = found->second;
    const auto get = [&](const char* key) {
      const auto entry = profile.find(key);
      return entry == profile.end() ? std::string{} : entry->second;
    };
    if (!get("aws_access_key_id").empty()) {
      AwsCredentials keys{get("aws_access_key_id"), get("aws_secret_access_key"), get("aws_session_token"), "the profile " + name};
      co_return Found{keys};
    }
    if (!get("credential_process").empty()) co_return co_await from_process(get("credential_process"));
    if (!get("web_identity_token_file").empty()) {
      auto identity = co_await web_identity(get("web_identity_token_file"), get("role_arn"), get("role_session_name"));
      if (!identity) co_return Failure{identity.error()};
      co_return Found{*identity};
    }
    Error error{Code::unauthorized, fmt::format("the AWS profile '{}' holds no keys, no credential_process and no web identity", name)};
    error.hint = "for single sign-on or an assumed role: credential_process = aws configure export-credentials --profile " + name;
    if (!named.empty()) co_return Failure{std::move(error)};
    co_return Found{};
  }

  Task<Result<Found>> from_process(std::string command) {
    subprocess::Command shell{.program = "sh", .arguments = {"-c", command}};
    Result<subprocess::Output> output = Failure{Error{}};
    co_await http::offload_stoppable(loop_, [&](const std::stop_token& stop) {
      shell.stop = stop;
      output = subprocess::run(shell);
    });
    if (!output) co_return Failure{output.error()};
    const json answer = parse_json(output->standard_output);
    AwsCredentials found{string_at(answer, "AccessKeyId"), string_at(answer, "SecretAccessKey"), string_at(answer, "SessionToken"),
                         "credential_process"};
    if (output->exit_status == 0 && !found.access_key.empty()) co_return Found{found};
    Error error{Code::unauthorized, fmt::format("credential_process exited with {} and gave no credentials", output->exit_status)};
    co_return Failure{std::move(error)};
  }

  static Result<AwsCredentials> from_json(const std::string& body, std::string origin) {
    const json answer = parse_json(body);
    AwsCredentials found{string_at(answer, "AccessKeyId"), string_at(answer, "SecretAccessKey"), string_at(answer, "Token"),
                         std::move(origin)};
    if (found.access_key.empty()) return Failure{{Code::unauthorized, found.origin + " gave no credentials"}};
    return found;
  }

  Task<Result<AwsCredentials>> from_container() {
    const std::string relative = environment_("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const std::string full = relative.empty() ? environment_("AWS_CONTAINER_CREDENTIALS_FULL_URI") : "http://169.254.170.2" + relative;
    if (full.empty()) {
      Error error{Code::not_found, "no container"};
      co_return Failure{std::move(error)};
    }
    if (!may_be_asked(full)) {
      Error error{Code::rejected, "AWS_CONTAINER_CREDENTIALS_FULL_URI names another machine by plain http, so it was not asked"};
      error.hint = "name one by https, or this machine, or a container's endpoint (169.254.170.2, 169.254.170.23, fd00:ec2::23)";
      co_return Failure{std::move(error)};
    }
    http::Request request;
    std::string token = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (const std::string path = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); !path.empty())
      token = text::trim(file::read(path, file::small_and_regular).value_or(""));
    if (!token.empty()) request.headers.push_back("Authorization: " + token);
    auto response = co_await ask(full, std::move(request), time::Duration{2000});
    if (!response) co_return Failure{response.error()};
    co_return from_json(response->body, "the container's endpoint");
  }

  /// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
  Task<Result<AwsCredentials>> from_instance() {
    if (text::lower(environment_("AWS_EC2_METADATA_DISABLED")) == "true") {
      Error error{Code::not_found, "disabled"};
      co_return Failure{std::move(error)};
    }
    const std::string given = environment_("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    const std::string base = given.empty() ? "http://169.254.169.254" : given.substr(0, given.find_last_not_of('/') + 1);
    http::Request for_token{.method = "PUT", .path = "/latest/api/token", .headers = {"X-aws-ec2-metadata-token-ttl-seconds: 300"}};
    const auto token = co_await ask(base, std::move(for_token), metadata_patience);
    if (!token) co_return Failure{token.error()};
    const std::string header = "X-aws-ec2-metadata-token: " + token->body;
    http::Request for_role{.path = "/latest/meta-data/iam/security-credentials/"};
    for_role.headers.push_back(header);
    const auto role = co_await ask(base, std::move(for_role), metadata_patience);
    if (!role) co_return Failure{role.error()};
    http::Request for_keys{.path = "/latest/meta-data/iam/security-credentials/" + text::trim(role->body)};
    for_keys.headers.push_back(header);
    const auto keys = co_await ask(base, std::move(for_keys), metadata_patience);
    if (!keys) co_return Failure{keys.error()};
    co_return from_json(keys->body, "the instance's metadata service");
  }

  http::Loop& loop_;
  Environment environment_;
  std::string profile_;
};

}  // namespace

Environment process_environment() {
  return [](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return std::string{value == nullptr ? "" : value};
  };
}

Task<Result<AwsCredentials>> find_aws_credentials(http::Loop& loop, Environment environment, std::string profile) {
  Search search{loop, std::move(environment), std::move(profile)};
  co_return co_await search.run();
}

std::string aws_endpoint(const Environment& environment, const std::string& service, const std::string& otherwise) {
  for (const std::string& name : {"AWS_ENDPOINT_URL_" + service, std::string{"AWS_ENDPOINT_URL"}}) {
    const std::string url = environment(name);
    if (!url.empty()) return url.substr(0, url.find_last_not_of('/') + 1);
  }
  return otherwise;
}

}  // namespace fedctl::traffic
