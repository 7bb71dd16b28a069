#include "federation/transcript.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>

/// The planner against a plain transcription of KubeFed's rules, at 10 to 10,000 clusters: the quickest of some runs of each, and the
/// ratio.
namespace {

using fedctl::federation::ScheduleRequest;

/// Weights far apart and limits that many clusters reach: the rounds are as many as they get.
ScheduleRequest request_for(int clusters, bool rebalance) {
  std::mt19937 random{42};
  const auto pick = [&random](std::int64_t from, std::int64_t to) { return std::uniform_int_distribution{from, to}(random); };
  ScheduleRequest request{.key = "shop/web", .total = 50'000'000, .rebalance = rebalance, .preferences = {}, .candidates = {}};
  for (int i = 0; i < clusters; ++i) {
    const std::string name = "cluster-" + std::to_string(i);
    const std::int64_t share = 2 * request.total / clusters;
    request.candidates.push_back({name, pick(0, share), {}});
    request.preferences[name] = {.weight = pick(1, 1'000'000), .minimum = pick(0, 3), .maximum = pick(3, share)};
  }
  return request;
}

template <typename Work>
double quickest(const Work& work) {
  double best = 1e9;
  for (int i = 0; i < 7; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    work();
    best = std::min(best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count());
  }
  return best;
}

}  // namespace

int main() {
  for (const bool rebalance : {true, false}) {
    for (const int clusters : {10, 100, 1'000, 10'000}) {
      const ScheduleRequest request = request_for(clusters, rebalance);
      int rounds = 0;
      const double ours = quickest([&] { rounds = fedctl::federation::schedule(request).rounds; });
      const double plain = quickest([&] { transcript::transcribe(request); });
      std::printf("schedule, %6d clusters%s, %3d rounds %8s %9.3f ms, plain transcription %9.3f ms   1 : %.1f\n", clusters,
                  rebalance ? "                " : ", keeping current", rounds, "", ours, plain, plain / ours);
    }
  }
}
