#pragma once

#include "http/limiter.hpp"
#include "http/loop.hpp"
#include "http/message.hpp"
#include "http/statistics.hpp"
#include "http/transport.hpp"

#include <memory>
#include <random>

namespace fedctl::http {

/// Requests to one server: at most `Endpoint::parallelism` at once, retried where that is safe (retry.hpp).
class Client : public Transport {
 public:
  Client(Loop& loop, Endpoint endpoint);

  Task<Result<Response>> send(Request request) override;
  const Endpoint& endpoint() const override { return *endpoint_; }
  void present(const std::string& certificate_pem, const std::string& key_pem) override;
  Loop& loop() const override { return loop_; }
  const Statistics& statistics() const override { return meter_.statistics(); }

 private:
  Loop& loop_;
  std::shared_ptr<const Endpoint> endpoint_;
  Limiter limiter_;
  Meter meter_;
  std::minstd_rand random_;
};

}  // namespace fedctl::http
