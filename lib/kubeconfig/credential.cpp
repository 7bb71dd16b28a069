#include "kubeconfig/credential.hpp"

#include "base/encoding.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "http/stoppable.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <chrono>

namespace fedctl::kubeconfig {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr time::Duration plugin_timeout{60'000};
constexpr std::chrono::minutes token_file_age{1};

tl::unexpected<Error> unauthorized(std::string message, std::string hint = {}) {
  return Failure{{.code = Code::unauthorized, .message = std::move(message), .hint = std::move(hint)}};
}

Result<PluginAnswer> read_answer(const ExecPlugin& plugin, const std::string& text) {
  const json answer = parse_json(text);
  if (string_at(answer, "kind") != "ExecCredential" || !value_at(answer, "status").is_object()) {
    return unauthorized(fmt::format("the credential plugin {} printed no ExecCredential with a status", plugin.command));
  }
  if (string_at(answer, "apiVersion") != plugin.api_version) {
    return unauthorized(fmt::format("the credential plugin {} answered in {}, not in {}", plugin.command, string_at(answer, "apiVersion"),
                                    plugin.api_version));
  }
  const json& status = value_at(answer, "status");
  PluginAnswer result;
  const auto token = token_of(string_at(status, "token"), "the credential plugin " + plugin.command);
  if (!token) return Failure{token.error()};
  if (!token->empty()) result.credential.headers.push_back("Authorization: Bearer " + *token);
  result.credential.certificate_pem = string_at(status, "clientCertificateData");
  result.credential.key_pem = string_at(status, "clientKeyData");
  if (result.credential.headers.empty() && result.credential.certificate_pem.empty()) {
    return unauthorized(fmt::format("the credential plugin {} gave neither a token nor a certificate", plugin.command));
  }
  const json& expires = value_at(status, "expirationTimestamp");
  if (!expires.is_null()) result.expires = time::parse_instant(string_at(status, "expirationTimestamp"));
  if (!expires.is_null() && !result.expires) {
    return unauthorized(fmt::format("the credential plugin {} gave an expirationTimestamp that is no time (RFC 3339)", plugin.command));
  }
  return result;
}

Result<PluginAnswer> ask(const ExecPlugin& plugin, time::Duration timeout, const std::stop_token& stop) {
  const bool terminal = ::isatty(0) == 1;
  if (plugin.must_ask && !terminal) {
    return unauthorized(fmt::format("the credential plugin {} must ask a person, and there is no terminal", plugin.command));
  }
  json spec{{"interactive", plugin.may_ask && terminal}};
  if (!plugin.cluster.is_null()) spec["cluster"] = plugin.cluster;
  const json info{{"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", spec}};
  subprocess::Command command{plugin.command, plugin.arguments, plugin.environment, plugin.may_ask && terminal, timeout};
  command.environment["KUBERNETES_EXEC_INFO"] = to_text(info);
  const bool is_relative = plugin.command.find('/') != std::string::npos && !plugin.command.starts_with('/');
  if (is_relative) command.program = (plugin.folder / plugin.command).string();
  command.stop = stop;
  const auto output = subprocess::run(command);
  if (!output && output.error().code == Code::cancelled) return Failure{output.error()};
  if (!output) {
    const std::string hint = plugin.install_hint.empty() ? "install it, or log in by hand" : text::trim(plugin.install_hint);
    return unauthorized(fmt::format("credential plugin: {}", output.error().message), hint);
  }
  if (output->exit_status != 0) {
    const std::string said = text::trim(output->standard_error);
    return unauthorized(fmt::format("the credential plugin {} failed with exit status {}{}{}", plugin.command, output->exit_status,
                                    said.empty() ? "" : ": ", said),
                        "log in again, or run the plugin by hand");
  }
  if (output->dropped > 0) return unauthorized(fmt::format("the credential plugin {} printed more than a MiB", plugin.command));
  return read_answer(plugin, output->standard_output);
}

}  // namespace

Result<std::string> token_of(std::string text, const std::string& origin) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (http::is_header_value(text)) return text;
  return Failure{{.code = Code::invalid_input,
                  .message = fmt::format("the token of {} holds a control character, such as a line end", origin),
                  .hint = "a token is one line"}};
}

Result<PluginAnswer> ask_plugin(const ExecPlugin& plugin, time::Duration timeout) { return ask(plugin, timeout, {}); }

Task<Result<Credential>> CredentialSource::from_plugin() {
  struct WaitForOther {
    std::vector<std::coroutine_handle<>>& waiting;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> handle) const { waiting.push_back(handle); }
    void await_resume() const {}
  };
  if (running_) {
    co_await WaitForOther{waiting_};
    if (kept_) co_return *kept_;
    co_return Failure{*failure_};
  }
  if (failure_ && Clock::now() < failure_until_) co_return Failure{*failure_};
  running_ = true;
  const auto begun = Clock::now();
  Result<PluginAnswer> answer = unauthorized("the credential plugin was not run");
  co_await http::offload_stoppable(loop_, [&](const std::stop_token& stop) { answer = ask(*identity_.plugin, plugin_timeout, stop); });
  running_ = false;
  if (answer) {
    kept_ = answer->credential;
    kept_until_ = answer->expires;
    failure_.reset();
    for (const std::string& header : identity_.impersonation_headers) kept_->headers.push_back(header);
  } else {
    failure_ = answer.error();
    failure_until_ = Clock::now() + (Clock::now() - begun);
  }
  for (const auto handle : std::exchange(waiting_, {})) handle.resume();
  if (!answer) co_return Failure{answer.error()};
  co_return *kept_;
}

Task<Result<Credential>> CredentialSource::get() {
  if (kept_ && (!kept_until_ || std::chrono::system_clock::now() < *kept_until_)) co_return *kept_;
  kept_.reset();
  if (identity_.plugin) co_return co_await from_plugin();
  Credential credential;
  if (!identity_.token_file.empty()) {
    const auto text = file::read(identity_.token_file, file::small_and_regular);
    if (!text) co_return unauthorized(text.error().message, "check tokenFile in the kubeconfig");
    const auto token = token_of(text::trim(*text), identity_.token_file.string());
    if (!token) co_return Failure{token.error()};
    credential.headers.push_back("Authorization: Bearer " + *token);
    kept_until_ = std::chrono::system_clock::now() + token_file_age;
  } else if (!identity_.token.empty()) {
    credential.headers.push_back("Authorization: Bearer " + identity_.token);
  } else if (!identity_.username.empty()) {
    const std::string pair = identity_.username + ":" + identity_.password;
    credential.headers.push_back("Authorization: Basic " + encoding::to_base64(pair));
  }
  for (const std::string& header : identity_.impersonation_headers) credential.headers.push_back(header);
  kept_ = credential;
  co_return credential;
}

bool CredentialSource::refresh() {
  kept_.reset();
  return identity_.plugin.has_value() || !identity_.token_file.empty();
}

}  // namespace fedctl::kubeconfig
