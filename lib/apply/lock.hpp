#pragma once

#include "apply/lease.hpp"
#include "base/time.hpp"
#include "http/loop.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace fedctl::apply {

struct LockOptions {
  std::string name_space = "default";  ///< Where the Leases are.
  std::string lease = "fedctl";        ///< Their name.
  std::string operation;               ///< What is being done, for people.
  std::int64_t least_transitions = 0;  ///< See Claim.
  time::Duration patience{60'000};     ///< How long to wait for whoever holds one.
  /// Go on without the lock of a cluster that does not answer or in which Leases may not be written, telling `on_skip`.
  bool skips_problems = false;
};

/// One at a time: the Leases of one or several clusters, all or none of them, renewed while they are held, given back by
/// `release`, and free by themselves half a minute after a holder died.
class Lock {
 public:
  using OnWait = std::function<void(const Holder&)>;
  using OnSkip = std::function<void(const Error&)>;

  /// Waits for whoever holds one, telling `on_wait` once. Nothing is held while it waits, so that two that wait for each other both
  /// get there. Errors: conflict with the holder; the clusters', where problems are not skipped.
  static Result<std::unique_ptr<Lock>> acquire(http::Loop& loop, std::vector<kube::Client*> clients, LockOptions options, OnWait on_wait,
                                               OnSkip on_skip);

  struct Part {
    kube::Client* client;
    HeldLease held;
  };
  Lock(http::Loop& loop, std::string identity, std::vector<Part> parts);
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  /// Gives it back; done by the destructor otherwise.
  void release();

  /// The first Lease's spec.leaseTransitions: a number that no other holder has or will have.
  std::int64_t transitions() const;

  /// Did nobody else hold any of it since this process held it last?
  bool was_ours() const;

 private:
  Task<Done> keep();
  Task<Done> give_all_back();

  http::Loop& loop_;
  std::string identity_;
  std::vector<Part> parts_;
  bool held_ = true;
  Task<Done> keeping_;
};

}  // namespace fedctl::apply
