#include "federation/shift.hpp"

#include <catch2/catch.hpp>
#include <numeric>
#include <random>

using namespace fedctl::federation;

namespace {

std::int64_t sum(const std::vector<std::int64_t>& numbers) { return std::accumulate(numbers.begin(), numbers.end(), std::int64_t{0}); }

}  // namespace

TEST_CASE("replicas start elsewhere before they end where they run") {
  std::vector<Shift> clusters{{9, 9, 4}, {2, 2, 4}, {1, 1, 4}};
  CHECK(next_step(clusters, 2) == std::vector<std::int64_t>{9, 4, 1});
  clusters = {{9, 9, 4}, {4, 4, 4}, {1, 1, 4}};
  CHECK(next_step(clusters, 2) == std::vector<std::int64_t>{7, 4, 3});
}

TEST_CASE("nothing that is ready is given up while what is to replace it is not") {
  const std::vector<Shift> clusters{{9, 9, 4}, {4, 2, 4}, {1, 1, 4}};
  CHECK(next_step(clusters, 2)[0] == 9);
}

TEST_CASE("growth is no shift, and what is not ready goes at once") {
  CHECK(next_step(std::vector<Shift>{{0, 0, 6}, {0, 0, 4}}, 1) == std::vector<std::int64_t>{6, 4});
  CHECK(next_step(std::vector<Shift>{{10, 3, 3}, {2, 2, 9}}, 1) == std::vector<std::int64_t>{3, 9});
}

TEST_CASE("step by step it ends at what is wanted, and never has fewer ready than at the start or than are wanted") {
  std::mt19937 random{3};
  const auto pick = [&random](std::int64_t from, std::int64_t to) { return std::uniform_int_distribution{from, to}(random); };
  for (int i = 0; i < 3'000; ++i) {
    std::vector<Shift> clusters(static_cast<std::size_t>(pick(1, 6)));
    std::int64_t wanted = 0;
    std::int64_t ready = 0;
    std::int64_t current = 0;
    for (Shift& one : clusters) {
      one.current = pick(0, 30);
      one.ready = pick(0, one.current);
      one.wanted = pick(0, 30);
      wanted += one.wanted;
      ready += one.ready;
      current += one.current;
    }
    const std::int64_t most = pick(1, 9);
    const std::int64_t floor = std::min(ready, wanted);
    int steps = 0;
    for (bool done = false; !done; ++steps) {
      REQUIRE(steps < 400);
      const std::vector<std::int64_t> next = next_step(clusters, most);
      REQUIRE(sum(next) <= std::max(current, wanted + most));
      done = true;
      std::int64_t still_ready = 0;
      for (std::size_t k = 0; k < clusters.size(); ++k) {
        still_ready += std::min(clusters[k].ready, next[k]);
        done = done && next[k] == clusters[k].wanted;
      }
      REQUIRE(still_ready >= floor);
      // What was started gets ready before the next step.
      for (std::size_t k = 0; k < clusters.size(); ++k) clusters[k].current = clusters[k].ready = next[k];
    }
  }
}
