#pragma once

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fedctl::http {

/// How a server is proven to be who it should be, and we to it. PEM texts, so that nothing is written to disk.
struct Tls {
  std::string ca_pem;           ///< Empty: the system's authorities.
  std::string certificate_pem;  ///< Client certificate chain; empty: none.
  std::string key_pem;
  std::string server_name;  ///< Checked and sent (SNI) instead of the URL's host; empty: the host.
  bool insecure = false;    ///< Accept any certificate.
  bool any_name = false;    ///< Accept a certificate whatever name is in it.
  bool any_time = false;    ///< Accept a certificate that is expired or not yet valid.
};

/// A server and what all requests to it share.
struct Endpoint {
  std::string url;  ///< "https://host:port[/prefix]", without a final slash.
  Tls tls = {};
  std::string proxy_url = {};  ///< http, https or socks5; empty: what the environment says (HTTPS_PROXY, NO_PROXY).
  time::Duration connect_timeout{5000};
  time::Duration request_timeout{30000};              ///< Of a request with all its attempts and the waits between them.
  int parallelism = 50;                               ///< Requests in flight at most; adapts downwards while the server answers 429.
  std::size_t longest_body = std::size_t{256} << 20;  ///< Bytes of an answer, decompressed; a longer one is an error.
};

/// Signature Version 4, as libcurl makes it (CURLOPT_AWS_SIGV4).
struct AwsSigning {
  std::string scope;  ///< "aws:amz:REGION:SERVICE".
  std::string access_key;
  std::string secret_key;
};

/// May the text stand in a header? As in Go's net/http every control character but the tab is refused: a line end would begin a header
/// of its own.
bool is_header_value(std::string_view text);

/// Does libcurl read it as the address of a server?
bool is_address(const std::string& url);

struct Request {
  std::string method = "GET";
  std::string path;  ///< Appended to the endpoint's URL; holds the query.
  std::vector<std::string> headers = {};
  std::string body = {};
  time::Duration timeout{0};  ///< 0: the endpoint's.
  bool secret_path = false;   ///< As of a webhook: logs say only whom it goes to.
  bool repeatable = true;     ///< Asking twice does no more than asking once, so a lost answer may be asked for again.
  std::optional<AwsSigning> aws = {};
  bool writes = false;  ///< It changes something: waited for even when the user interrupts; `Error::uncertain` where its answer is lost.
  /// Set: a stream. Called with each piece of the body as it comes; returning false ends the request, well.
  std::function<bool(std::string_view)> on_data = {};
};

struct Response {
  long status = 0;
  std::map<std::string, std::string> headers = {};  ///< Names in lower case.
  std::string body = {};
  time::Duration latency{0};         ///< From the request sent to the first byte of the answer.
  std::uint64_t bytes_sent = 0;      ///< On the wire, headers included.
  std::uint64_t bytes_received = 0;  ///< The same.
  std::size_t connections = 0;       ///< That were opened for it.
  bool uncertain = false;            ///< Of a write: a failure that may have been carried out, now or in an attempt before.

  /// The server's clock, from the Date header; ours where it says nothing.
  time::Instant date() const;

  std::string header(const std::string& lower_name) const {
    const auto found = headers.find(lower_name);
    return found == headers.end() ? std::string{} : found->second;
  }
};

}  // namespace fedctl::http
