#pragma once

#include "base/task.hpp"
#include "base/time.hpp"
#include "data/checkup.hpp"
#include "data/conninfo.hpp"
#include "data/fence.hpp"
#include "data/standing.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

/// One side's database as steps and surveys use it, whatever runs it. How it stands, what is proven of it and where it listens are told in
/// PostgreSQL's terms (lib/data); how that is found out and done is its driver's.
namespace fedctl::failover {

struct Site;

/// How a database stands, and what would stand in the way of a run.
struct Examined {
  data::Standing standing;
  data::Checkup checkup;
};

/// Where the replay of a standby stands that was told to stand still.
struct HeldReplay {
  std::string position;  ///< Another one, where it replayed anything, or started anew.
  std::chrono::steady_clock::time_point asked = {};
  std::chrono::steady_clock::time_point answered = {};
  std::string problem = {};  ///< Why it could not be told to; empty: it was.
};

/// Who tells a standby to become the primary.
enum class PromotedBy { us, program };

/// A driver. What it needs to reach the database is read when it is first used and kept, so one lives as long as what is done with it.
/// All calls may end with an error of what it needs, and of the database.
class Database {
 public:
  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  virtual ~Database() = default;

  /// Reads what it needs to reach the database: then nothing is read between a question whether a run is still ours and what follows.
  virtual Task<Result<Done>> find() = 0;
  /// Where other databases reach it, whether it answers or not; none where nobody knows.
  virtual Task<std::vector<data::Address>> addresses() = 0;

  /// How it stands, where its log is, and what the policy counts.
  virtual Task<Result<data::Standing>> look(time::Duration timeout) = 0;
  /// The same without counting. An interrupt does not wait for it. Errors also: cancelled.
  virtual Task<Result<data::Standing>> glance(time::Duration timeout) = 0;
  /// Looks at it, and at what would stand in the way of a run; likewise.
  virtual Task<Result<Examined>> examine(time::Duration timeout) = 0;

  /// Keeps it from taking writes, and proves it (data/fence.hpp). Errors also: rejected where it is not proven.
  virtual Task<Result<data::Frozen>> freeze(time::Duration timeout) = 0;
  /// Lets writes in again.
  virtual Task<Result<Done>> thaw(time::Duration timeout) = 0;
  /// Lets readers in again, of a standby that was fenced as a primary.
  virtual Task<Result<Done>> open_to_readers(time::Duration timeout) = 0;

  /// Keeps a standby from replaying, and tells where it stands. It goes on receiving, so nothing gets lost by that. What is no standby is
  /// left alone. A primary that is dead sends nothing, so the replay stands still by itself then, also where our role may not hold it.
  virtual Task<Result<HeldReplay>> hold_replay(time::Duration timeout) = 0;
  /// Lets it replay again. What was not held is left alone.
  virtual Task<Result<Done>> release_replay(time::Duration timeout) = 0;

  /// It becomes the primary, where a program of the policy has not told it to already, takes writes, and proves it by writing.
  virtual Task<Result<data::Standing>> promote(PromotedBy by, time::Duration timeout) = 0;
  /// A standby receives from `primary`, which listens at `address`, from now on. Both are of one policy, and `find` was asked of both.
  virtual Task<Result<Done>> follow(Database& primary, data::Address address, time::Duration timeout) = 0;
  /// Before another one is made a standby of this primary.
  virtual Task<Result<Done>> prepare_rejoin(time::Duration timeout) = 0;
};

/// The driver of a side's database, of a policy that has one.
std::unique_ptr<Database> database_of(Site& site, const std::string& cluster);

}  // namespace fedctl::failover
