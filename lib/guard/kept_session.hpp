#pragma once

#include "data/postgres.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace fedctl::guard {

/// A session that is used by one thread at a time, and opened again where the server ended it.
class KeptSession {
 public:
  using Use = std::function<Result<void>(data::Connection&)>;

  /// Errors: timeout where another use does not end; of the connection; what `use` says.
  Result<void> with(const std::string& conninfo, data::Deadline deadline, const Use& use) {
    const std::unique_lock lock{mutex_, deadline};
    if (!lock) return Failure{{Code::timeout, "the database took too long to answer"}};
    if (session_ && session_->is_open()) {
      auto done = use(*session_);
      if (done || session_->is_open()) return done;
    }
    session_.reset();
    auto opened = data::Connection::open(conninfo, deadline);
    if (!opened) return Failure{opened.error()};
    session_ = std::move(*opened);
    return use(*session_);
  }

 private:
  std::timed_mutex mutex_;
  std::optional<data::Connection> session_;
};

}  // namespace fedctl::guard
