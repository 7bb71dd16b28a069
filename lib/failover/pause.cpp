#include "failover/pause.hpp"

#include "http/rest.hpp"

namespace fedctl::failover {
namespace {

/// A watch writes the state once a second.
constexpr int most_saves = 50;
constexpr time::Duration between_saves{50};

}  // namespace

Task<Result<std::optional<Pause>>> set_pause(Site& site, std::optional<Pause> pause) {
  for (int attempt = 1;; ++attempt) {
    auto state = co_await site.store->load();
    if (!state) co_return Failure{state.error()};
    auto before = state->pause;
    state->pause = pause;
    const auto saved = co_await site.store->save(*state);
    if (saved) co_return before;
    if (saved.error().code != Code::conflict || attempt == most_saves) co_return Failure{saved.error()};
    const http::Rest rest = co_await http::rest(*site.loop, between_saves);
    if (rest == http::Rest::interrupted) co_return Failure{{Code::cancelled, "interrupted"}};
  }
}

}  // namespace fedctl::failover
