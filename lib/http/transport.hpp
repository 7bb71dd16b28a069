#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "http/message.hpp"
#include "http/statistics.hpp"

#include <string>

namespace fedctl::http {

class Loop;

/// What carries requests to one server and brings the answers. Abstract, so that tests can answer in the place of a server.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Errors: unreachable, timeout, untrusted, cancelled. Any status is an answer.
  virtual Task<Result<Response>> send(Request request) = 0;

  virtual const Endpoint& endpoint() const = 0;

  /// From now on requests present this client certificate; those under way keep theirs.
  virtual void present(const std::string& certificate_pem, const std::string& key_pem) = 0;

  virtual Loop& loop() const = 0;
  virtual const Statistics& statistics() const = 0;
};

}  // namespace fedctl::http
