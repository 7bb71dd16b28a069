#include "http/transfer.hpp"

#include "base/fence.hpp"
#include "base/text.hpp"
#include "base/url.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <cstring>
#include <new>
#include <string_view>

namespace fedctl::http {
namespace {

template <typename T>
void set(CURL* easy, CURLoption option, T value) {
  curl_easy_setopt(easy, option, value);
}

void set_blob(CURL* easy, CURLoption option, const std::string& text) {
  curl_blob blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};
  curl_easy_setopt(easy, option, &blob);
}

CURLcode pass_over_time(CURL*, void* context, void*) {
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(static_cast<SSL_CTX*>(context)), X509_V_FLAG_NO_CHECK_TIME);
  return CURLE_OK;
}

/// Bytes of all headers of an answer, of its interim (1xx) ones too. API servers send less than 4 KiB.
constexpr std::size_t longest_headers = std::size_t{1} << 20;

struct Address {
  std::string scheme;
  std::string host;  ///< With brackets where it is IPv6.
  std::string port;
  std::string prefix;
};

Address parse_address(const std::string& url) {
  Address address;
  const auto scheme_end = url.find("://");
  address.scheme = scheme_end == std::string::npos ? "https" : url.substr(0, scheme_end);
  const std::string rest = scheme_end == std::string::npos ? url : url.substr(scheme_end + 3);
  const auto slash = std::min(rest.find('/'), rest.size());
  address.prefix = rest.substr(slash);
  const std::string authority = rest.substr(0, slash);
  const auto colon = authority.rfind(':');
  const bool has_port = colon != std::string::npos && authority.find(']', colon) == std::string::npos;
  address.host = has_port ? authority.substr(0, colon) : authority;
  address.port = has_port ? authority.substr(colon + 1) : address.scheme == "http" ? "80" : "443";
  return address;
}

/// `was_sent`: the connection stood, and the request went out.
Code classify(CURLcode code, std::string_view reason, bool was_sent) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return was_sent ? Code::timeout : Code::unreachable;
    case CURLE_PEER_FAILED_VERIFICATION:
      return reason.find("expired") != std::string_view::npos || reason.find("not yet valid") != std::string_view::npos ? Code::expired
                                                                                                                        : Code::untrusted;
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE: return Code::invalid_input;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_HTTP2: return Code::not_kubernetes;
    case CURLE_SSL_CONNECT_ERROR:
      if (reason.find("certificate expired") != std::string_view::npos) return Code::expired;
      return reason.find("wrong version number") != std::string_view::npos ? Code::not_kubernetes : Code::unreachable;
    default: return Code::unreachable;
  }
}

std::string_view hint_for(Code code) {
  switch (code) {
    case Code::timeout: return "the server is slow or stuck; --request-timeout sets how long to wait";
    case Code::unreachable: return "check the address, the network and any proxy";
    case Code::expired: return "renew the certificate";
    case Code::untrusted: return "check certificate-authority-data in the kubeconfig";
    case Code::invalid_input: return "check the client certificate, its key and the authority in the kubeconfig";
    case Code::not_kubernetes: return "check the server address in the kubeconfig";
    default: return "";
  }
}

}  // namespace

Transfer::Transfer(const Endpoint& endpoint, const Request& request) : endpoint_(endpoint), request_(request), handle_(curl_easy_init()) {
  if (!handle_) throw std::bad_alloc{};
  CURL* easy = handle_.get();
  const auto timeout = request.timeout.count() > 0 ? request.timeout : endpoint.request_timeout;
  set(easy, CURLOPT_PRIVATE, this);
  set(easy, CURLOPT_ERRORBUFFER, reason_);
  set(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
  // Else the loop would stand still where a request ends while its host's name is still looked up.
  set(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
  set(easy, CURLOPT_PROTOCOLS_STR, "https,http");
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(easy, CURLOPT_PIPEWAIT, 1L);
  // A stream's events come one by one; compressed, a few bytes of it could be gigabytes.
  if (!request.on_data) set(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(endpoint.connect_timeout.count()));
  set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(easy, CURLOPT_WRITEDATA, this);
  set(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(easy, CURLOPT_HEADERDATA, this);
  set_address();
  set_tls();
  set_method();
  set_signature();
}

void Transfer::set_signature() {
  if (!request_.aws) return;
  set(handle_.get(), CURLOPT_AWS_SIGV4, request_.aws->scope.c_str());
  set(handle_.get(), CURLOPT_USERNAME, request_.aws->access_key.c_str());
  set(handle_.get(), CURLOPT_PASSWORD, request_.aws->secret_key.c_str());
}

void Transfer::append(List& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc{};
  static_cast<void>(list.release());
  list.reset(longer);
}

void Transfer::set_address() {
  CURL* easy = handle_.get();
  const std::string& name = endpoint_.tls.server_name;
  if (name.empty()) {
    set(easy, CURLOPT_URL, (endpoint_.url + request_.path).c_str());
  } else {
    // libcurl checks the certificate against the URL's host, so the URL carries the name and the connection goes elsewhere.
    const Address address = parse_address(endpoint_.url);
    append(connect_to_, fmt::format("{}:{}:{}:{}", name, address.port, address.host, address.port));
    append(headers_, fmt::format("Host: {}:{}", address.host, address.port));
    set(easy, CURLOPT_CONNECT_TO, connect_to_.get());
    set(easy, CURLOPT_URL, fmt::format("{}://{}:{}{}{}", address.scheme, name, address.port, address.prefix, request_.path).c_str());
  }
  if (!endpoint_.proxy_url.empty()) set(easy, CURLOPT_PROXY, endpoint_.proxy_url.c_str());
}

void Transfer::set_tls() {
  CURL* easy = handle_.get();
  const Tls& tls = endpoint_.tls;
  if (tls.insecure) {
    set(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    set(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (tls.any_name) set(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  if (tls.any_time) set(easy, CURLOPT_SSL_CTX_FUNCTION, &pass_over_time);
  if (!tls.ca_pem.empty()) {
    // Only this cluster's authority: the system's folder of authorities would be tried beside it.
    set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    set_blob(easy, CURLOPT_CAINFO_BLOB, tls.ca_pem);
  }
  if (!tls.certificate_pem.empty()) {
    set(easy, CURLOPT_SSLCERTTYPE, "PEM");
    set_blob(easy, CURLOPT_SSLCERT_BLOB, tls.certificate_pem);
    set(easy, CURLOPT_SSLKEYTYPE, "PEM");
    set_blob(easy, CURLOPT_SSLKEY_BLOB, tls.key_pem);
  }
}

void Transfer::set_method() {
  CURL* easy = handle_.get();
  if (request_.method != "GET") set(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  if (!request_.body.empty()) {
    set(easy, CURLOPT_POSTFIELDS, request_.body.c_str());
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  }
  append(headers_, "User-Agent: fedctl/" FEDCTL_VERSION);
  append(headers_, "Expect:");
  for (const std::string& line : request_.headers) append(headers_, line);
  set(easy, CURLOPT_HTTPHEADER, headers_.get());
}

std::size_t Transfer::take_body(std::string_view piece) {
  const bool is_stream = request_.on_data && response_.status < 400;
  if (is_stream) {
    ended_by_reader_ = !request_.on_data(piece);
    return ended_by_reader_ ? CURL_WRITEFUNC_ERROR : piece.size();
  }
  is_too_long_ = response_.body.size() + piece.size() > endpoint_.longest_body;
  if (is_too_long_) return CURL_WRITEFUNC_ERROR;
  response_.body += piece;
  return piece.size();
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  try {
    return transfer.take_body({data, size * count});
  } catch (...) {
    transfer.thrown_ = std::current_exception();
    return CURL_WRITEFUNC_ERROR;
  }
}

void Transfer::take_header(std::string_view line) {
  if (line.starts_with("HTTP/")) {
    response_.headers.clear();
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &response_.status);
  } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
    response_.headers[text::lower(line.substr(0, colon))] = text::trim(line.substr(colon + 1));
  }
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::string_view line{data, size * count};
  transfer.header_bytes_ += line.size();
  transfer.is_too_long_ = transfer.header_bytes_ > longest_headers;
  if (transfer.is_too_long_) return 0;
  try {
    transfer.take_header(line);
  } catch (...) {
    transfer.thrown_ = std::current_exception();
    return 0;
  }
  return line.size();
}

/// The system's own words for a refused connection are shorter than libcurl's.
std::string Transfer::reason() const {
  long system_error = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_OS_ERRNO, &system_error);
  if (code_ == CURLE_COULDNT_CONNECT && system_error != 0) return text::lower(std::strerror(static_cast<int>(system_error)));
  return url::without_passwords(text::trim(reason_[0] != '\0' ? reason_ : curl_easy_strerror(code_)));
}

Error Transfer::failure() const {
  const std::string reason = this->reason();
  curl_off_t sent = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_PRETRANSFER_TIME_T, &sent);
  const Code code = classify(code_, reason, sent > 0);
  const std::string what = code == Code::not_kubernetes ? "the server does not speak HTTPS as Kubernetes does" : "no answer";
  return {code,
          fmt::format("{} from {}: {}", what, url::without_password(endpoint_.url), reason),
          "",
          "",
          "",
          std::string{hint_for(code)},
          request_.writes && sent > 0};
}

Error Transfer::too_long() const {
  const bool by_headers = header_bytes_ > longest_headers;
  return {Code::not_kubernetes,
          fmt::format("the {} of {} are longer than {}", by_headers ? "headers" : "contents", url::without_password(endpoint_.url),
                      text::bytes(by_headers ? longest_headers : endpoint_.longest_body)),
          "",
          "",
          "",
          "check what answers at this address",
          request_.writes};
}

Result<Response> Transfer::take() {
  if (thrown_) return Failure{error_from(thrown_)};
  if (is_too_long_) return Failure{too_long()};
  if (cancelled_) return Failure{{Code::cancelled, "interrupted"}};
  if (code_ != CURLE_OK && !ended_by_reader_) return Failure{failure()};
  curl_off_t sent = 0;
  curl_off_t first_byte = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &response_.status);
  curl_easy_getinfo(handle_.get(), CURLINFO_PRETRANSFER_TIME_T, &sent);
  curl_easy_getinfo(handle_.get(), CURLINFO_STARTTRANSFER_TIME_T, &first_byte);
  response_.latency = time::Duration{(first_byte - sent) / 1000};
  curl_off_t body = 0;
  long headers = 0;
  long request = 0;
  long connections = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_SIZE_DOWNLOAD_T, &body);
  curl_easy_getinfo(handle_.get(), CURLINFO_HEADER_SIZE, &headers);
  curl_easy_getinfo(handle_.get(), CURLINFO_REQUEST_SIZE, &request);
  curl_easy_getinfo(handle_.get(), CURLINFO_NUM_CONNECTS, &connections);
  response_.bytes_received = static_cast<std::uint64_t>(body) + static_cast<std::uint64_t>(headers);
  response_.connections = static_cast<std::size_t>(connections);
  response_.bytes_sent = static_cast<std::uint64_t>(request) + request_.body.size();
  return std::move(response_);
}

}  // namespace fedctl::http
