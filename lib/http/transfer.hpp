#pragma once

#include "base/error.hpp"
#include "http/message.hpp"

#include <curl/curl.h>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace fedctl::http {

/// One libcurl easy handle with all it points at; lives in the coroutine that waits for it.
class Transfer {
 public:
  Transfer(const Endpoint& endpoint, const Request& request);

  CURL* handle() const { return handle_.get(); }
  const Request& request() const { return request_; }

  /// Called once libcurl is done with it.
  void finish(CURLcode code) { code_ = code; }
  void cancel() { cancelled_ = true; }
  Result<Response> take();

  std::coroutine_handle<> waiting;

 private:
  struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  using List = std::unique_ptr<curl_slist, FreeList>;

  void set_address();
  void set_tls();
  void set_method();
  void set_signature();
  std::size_t take_body(std::string_view piece);
  void take_header(std::string_view line);
  static void append(List& list, const std::string& line);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  std::string reason() const;
  Error failure() const;
  Error too_long() const;

  const Endpoint& endpoint_;
  const Request& request_;
  std::unique_ptr<CURL, FreeEasy> handle_;
  List headers_;
  List connect_to_;
  Response response_;
  CURLcode code_ = CURLE_OK;
  bool cancelled_ = false;
  bool ended_by_reader_ = false;
  bool is_too_long_ = false;
  std::size_t header_bytes_ = 0;
  std::exception_ptr thrown_;  ///< What a reader threw; libcurl's frames must not see it.
  char reason_[CURL_ERROR_SIZE] = {};
};

}  // namespace fedctl::http
