#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "fleet/connect.hpp"
#include "plan/plan.hpp"

#include <functional>
#include <string>
#include <vector>

/// Carries out a Plan, all clusters at the same time, and tells what happens as it happens.
namespace fedctl::apply {

/// What happens in a cluster when a change of it fails.
enum class OnFailure {
  stop,       ///< Nothing more is begun.
  go_on,      ///< Only what depends on the failed one is left out.
  roll_back,  ///< Nothing more is begun, and all goes back to what it was. Deletes wait until all else is ready.
};

struct Options {
  /// Until all that takes time is ready, also what was found unchanged: whoever retries an apply learns whether it is ready by now.
  bool wait = true;
  bool wait_until_gone = true;      ///< Until what is deleted is gone.
  time::Duration timeout{300'000};  ///< For both, from the start of the apply.
  OnFailure on_failure = OnFailure::stop;
  /// Positions of clusters that are changed together, one wave after the other; empty: all at once. The next wave begins when the last
  /// is ready, whoever made it so.
  std::vector<std::vector<std::size_t>> waves = {};
  time::Duration pause{0};      ///< Between waves, after one in which something changed.
  std::size_t max_failing = 0;  ///< At most this many clusters of a wave may fail without holding back the next.
};

struct Event {
  enum class Type {
    begun,        ///< A cluster's apply begins; `total` changes, `awaited` objects to get ready.
    applied,      ///< The server has it; what is deleted is gone, or without waiting for that, `message` says what keeps it.
    failed,       ///< The server refused, or did not answer; `message`.
    waiting,      ///< Not ready, or not gone yet; `message` says how far it is.
    ready,        ///< An object that takes time is ready.
    not_ready,    ///< It failed, or time is over; `message`.
    rolled_back,  ///< An object is as it was before this run; `message` says how.
    ended,        ///< A cluster's apply is over.
    wave,         ///< A wave begins; `message` says which, `total` its clusters.
  };
  Type type;
  std::string cluster;
  kube::ObjectKey key = {};
  plan::Action action = plan::Action::unchanged;
  std::string message = {};
  std::size_t total = 0;
  std::size_t awaited = 0;
};
using Listener = std::function<void(const Event&)>;

struct ClusterResult {
  enum class Outcome {
    done,         ///< All of the cluster's changes are made, and ready where waited for.
    partial,      ///< The same, but some objects are unknown and were left alone.
    untouched,    ///< The plan has an error or an unknown for this cluster: nothing was written.
    failed,       ///< A change failed, or did not become ready.
    rolled_back,  ///< The same, and all that was changed is as it was before.
    interrupted,  ///< The user stopped it.
    held,         ///< Not begun, since an earlier wave failed.
  };
  std::string cluster;
  Outcome outcome = Outcome::done;
  std::size_t created = 0;
  std::size_t updated = 0;
  std::size_t deleted = 0;
  std::size_t deleting = 0;  ///< Objects whose deletion the server accepted, and which are still there.
  std::size_t unchanged = 0;
  std::size_t restored = 0;   ///< Objects that went back to what they were.
  std::size_t skipped = 0;    ///< Changes not tried, since one before them failed.
  std::size_t uncertain = 0;  ///< Changes that failed and may have been made, wholly or in part: no answer tells.
  std::size_t ready = 0;      ///< Of those waited for.
  std::size_t waited_for = 0;
  std::vector<Error> errors;
};

/// Did the cluster not become what the input says, or is that unknown?
bool is_failing(const ClusterResult& result);

/// Is anything there that was written, or may have been, by this run or by one before, and is not ready or not all of it?
bool left_something(const ClusterResult& result);

std::string_view to_string(ClusterResult::Outcome outcome);
std::string_view to_string(Event::Type type);

/// Applies `plan`, whose clusters are in the order of `clients`. Clusters that are not ok are left alone. Conflicts are
/// never applied: the caller refuses plans that hold some.
std::vector<ClusterResult> run(http::Loop& loop, const fleet::Clients& clients, const plan::Plan& plan, const Options& options,
                               const Listener& listener);

/// The same for one cluster.
ClusterResult run(http::Loop& loop, kube::Client& client, const plan::ClusterPlan& plan, const Options& options, const Listener& listener);

}  // namespace fedctl::apply
