#pragma once

#include "apply/lease.hpp"
#include "base/error.hpp"
#include "base/task.hpp"
#include "kube/client.hpp"

#include <functional>
#include <memory>
#include <string>

namespace fedctl::failover {

class Hold;

/// Standing for a right that only one process has, for as long as one lives: asked again and again, so that it is known when whoever has it
/// has died.
class Candidacy {
 public:
  virtual ~Candidacy() = default;

  /// One try: takes the right where it is free, and renews it where it is ours. One at a time. Errors: conflict with who has it; the host's
  /// or the file's, and then `is_ours` tells whether it still is.
  virtual Task<Result<Done>> ask() = 0;

  /// Has nobody else had it since it was asked for, and can nobody else have it now?
  virtual bool is_ours() const = 0;

  /// When to ask again.
  virtual time::Duration pace() const = 0;

  /// Somebody else may have it at once. Takes at most a third of a second, where the credentials are at hand.
  virtual Task<Done> give_back() = 0;
};

/// By a Lease. How old it is, is told by our own steady clock, from when it was last seen to change; a holder on this machine whose process
/// is gone is known to be dead at once. A Lease that another one took meanwhile is his.
std::unique_ptr<Candidacy> make_lease_candidacy(kube::Client& client, std::string name_space, apply::Claim claim);

/// By a lock that the system gives back when its holder dies; `take` tries once, and does not wait.
std::unique_ptr<Candidacy> make_lock_candidacy(std::function<Result<std::unique_ptr<Hold>>()> take);

}  // namespace fedctl::failover
