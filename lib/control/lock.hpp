#pragma once

#include "base/time.hpp"
#include "control/host.hpp"
#include "http/loop.hpp"

#include <functional>
#include <memory>
#include <string>

namespace fedctl::control {

/// Who holds the host's lock.
struct Holder {
  std::string who;    ///< "alice@laptop (apply, process 4711)"
  std::string since;  ///< RFC 3339.
};

/// One apply at a time: the Lease `fedctl` in the control plane's namespace, renewed while it is held, given back by `release`, and
/// free by itself half a minute after a holder died. Times in it are the host's, so that people's clocks need not agree.
class Lock {
 public:
  /// Waits up to `patience` for whoever holds it, telling `on_wait` once. Errors: conflict with the holder.
  using OnWait = std::function<void(const Holder&)>;
  static Result<std::unique_ptr<Lock>> acquire(http::Loop& loop, Host host, std::string operation, time::Duration patience, OnWait on_wait);

  Lock(http::Loop& loop, Host host, std::string identity, nlohmann::json lease, time::Duration clock_offset);
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  /// Gives it back; done by the destructor otherwise.
  void release();

  /// How many times it has changed hands: the same number again means that nobody held it in between.
  long transitions() const;

 private:
  Task<Done> keep();
  Task<Done> give_back();

  http::Loop& loop_;
  Host host_;
  std::string identity_;
  nlohmann::json lease_;
  time::Duration clock_offset_;
  bool held_ = true;
  Task<Done> keeping_;
};

}  // namespace fedctl::control
