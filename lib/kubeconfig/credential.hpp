#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "http/loop.hpp"
#include "kubeconfig/kubeconfig.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace fedctl::kubeconfig {

/// What a request carries to say who we are.
struct Credential {
  std::vector<std::string> headers;  ///< "Authorization: Bearer ..." and the impersonation headers.
  std::string certificate_pem;       ///< From an exec plugin; replaces the kubeconfig's. Usually empty.
  std::string key_pem;
};

/// Hands out the credential of one identity: token files are read again when they are older than a minute, plugins run
/// again when what they gave has expired. A plugin that failed is not run again for as long as it took to fail, so that one that hangs
/// holds up its cluster once, and not each request.
class CredentialSource {
 public:
  CredentialSource(http::Loop& loop, Identity identity) : loop_(loop), identity_(std::move(identity)) {}

  /// Errors: unauthorized, with what the plugin wrote to standard error.
  Task<Result<Credential>> get();

  /// The server answered 401: the next `get` asks anew. False when asking anew cannot change anything.
  bool refresh();

 private:
  Task<Result<Credential>> from_plugin();

  http::Loop& loop_;
  Identity identity_;
  std::optional<Credential> kept_;
  std::optional<time::Instant> kept_until_;
  bool running_ = false;
  std::optional<Error> failure_;  ///< Of the plugin's last run: for those who waited for it, and until `failure_until_` for all.
  std::chrono::steady_clock::time_point failure_until_;
  std::vector<std::coroutine_handle<>> waiting_;
};

/// The token without the line end after it. Errors: invalid_input for any other control character, which would end the header that the
/// token is sent in; `origin` says whose token it is.
Result<std::string> token_of(std::string text, const std::string& origin);

/// Runs the plugin and reads its answer; blocks. The expiry is empty where the plugin names none.
struct PluginAnswer {
  Credential credential;
  std::optional<time::Instant> expires;
};
Result<PluginAnswer> ask_plugin(const ExecPlugin& plugin, time::Duration timeout);

}  // namespace fedctl::kubeconfig
