#include "watch/leadership.hpp"

#include "http/rest.hpp"

namespace fedctl::watch {
namespace {

/// Credentials may have to be had anew for it.
constexpr time::Duration longest_goodbye{400};

}  // namespace

Leadership::Leadership(http::Loop& loop, std::unique_ptr<failover::Candidacy> candidacy, OnTry on_try)
    : loop_(loop), candidacy_(std::move(candidacy)), on_try_(std::move(on_try)) {}

Task<Done> Leadership::keep() {
  while (!is_ending_ && !loop_.interrupted()) {
    const auto asked = co_await candidacy_->ask();
    if (!loop_.interrupted()) on_try_(asked);
    if (is_ending_) break;
    const http::Rest rest = co_await http::rest(loop_, candidacy_->pace(), this);
    if (rest == http::Rest::interrupted) break;
  }
  co_return Done{};
}

void Leadership::end() {
  is_ending_ = true;
  loop_.wake(this);
  const bool was_interrupted = loop_.interrupted();
  loop_.run(stop());
  // What is given back is not to be interrupted.
  loop_.clear_interrupt();
  loop_.run(give_back());
  if (was_interrupted) loop_.interrupt();
}

Task<Done> Leadership::stop() {
  co_await tasks_.end();
  co_return Done{};
}

Task<Done> Leadership::give_back() {
  const auto give = [this]() -> Task<Done> {
    co_await candidacy_->give_back();
    is_given_back_ = true;
    loop_.wake(this);
    co_return Done{};
  };
  tasks_.start(give());
  if (!is_given_back_) {
    const http::Rest rest = co_await http::rest(loop_, longest_goodbye, this);
    if (rest == http::Rest::over && !is_given_back_) loop_.interrupt();
  }
  co_await tasks_.end();
  co_return Done{};
}

}  // namespace fedctl::watch
