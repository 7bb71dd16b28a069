#include "failover/assess.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>

using namespace fedctl;
using namespace fedctl::failover;
using namespace nlohmann::literals;

namespace {

Policy policy() {
  Policy result{.name = "shop", .name_space = "production", .clusters = {"tokyo", "ireland", "virginia"}};
  result.postgres = Postgres{};
  result.postgres->max_lag_bytes = 100;
  return result;
}

SideSurvey primary(const std::string& cluster, data::Lsn written) {
  SideSurvey side{.cluster = cluster, .addresses = {{cluster, "5432"}}};
  side.database = data::Standing{.system_identifier = "1", .timeline = 1, .written = written, .replayed = written};
  return side;
}

SideSurvey standby(const std::string& cluster, data::Lsn written) {
  SideSurvey side = primary(cluster, written);
  side.database->in_recovery = true;
  side.database->read_only = true;
  side.database->streams = true;
  side.checkup.upstreams = {{"tokyo", "5432"}};
  side.checkup.sender = data::Address{"tokyo", "5432"};
  return side;
}

SideSurvey dead(const std::string& cluster) {
  const Error error{Code::unreachable, "connection refused"};
  return {.cluster = cluster, .api_problem = error, .database_problem = error, .addresses = {{cluster, "5432"}}};
}

Survey survey_of(SideSurvey tokyo, SideSurvey ireland, SideSurvey virginia) {
  Survey result;
  result.sides = {std::move(tokyo), std::move(ireland), std::move(virginia)};
  result.clusters = 3;
  result.reachable =
      static_cast<std::size_t>(std::ranges::count_if(result.sides, [](const SideSurvey& side) { return !side.api_problem; }));
  return result;
}

State seen_at(const char* lsn, time::Duration ago = time::Duration{1'000}) {
  State state;
  state.primary = LastSeen{"tokyo", "1", 1, lsn, "", timestamp(std::chrono::system_clock::now() - ago)};
  return state;
}

bool says(const Assessment& assessment, const std::string& text) {
  return std::ranges::any_of(assessment.blockers, [&](const Blocker& one) { return one.message.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("the standby with most of the log is chosen, of equals the first") {
  CHECK(assess(policy(), {}, survey_of(dead("tokyo"), standby("ireland", 90), standby("virginia", 95)), {}).to == "virginia");
  CHECK(assess(policy(), {}, survey_of(dead("tokyo"), standby("ireland", 95), standby("virginia", 95)), {}).to == "ireland");
  CHECK(assess(policy(), {}, survey_of(primary("tokyo", 100), dead("ireland"), standby("virginia", 5)), {}).to == "virginia");
}

TEST_CASE("while the primary answers, of the standbys that stream from it the first is chosen, however far it is just now") {
  CHECK(assess(policy(), {}, survey_of(primary("tokyo", 100), standby("ireland", 90), standby("virginia", 95)), {}).to == "ireland");
  Survey silent = survey_of(primary("tokyo", 100), standby("ireland", 90), standby("virginia", 80));
  silent.sides[1].database->streams = false;
  CHECK(assess(policy(), {}, silent, {}).to == "virginia");
  const data::Lsn far = 1ull << 40;
  CHECK(assess(policy(), {}, survey_of(primary("tokyo", far), standby("ireland", 90), standby("virginia", far - 1)), {}).to == "virginia");
}

TEST_CASE("before any run the primary is where it was seen, whatever the policy's order, until people move it") {
  const State seen = seen_at("0/64");
  Policy turned = policy();
  turned.clusters = {"ireland", "tokyo", "virginia"};
  CHECK(active_cluster(turned, seen) == "tokyo");
  CHECK(active_cluster(turned, {}) == "ireland");
  turned.clusters = {"ireland", "virginia"};
  CHECK(active_cluster(turned, seen) == "ireland");
  turned.clusters = {"ireland", "tokyo", "virginia"};
  State state = seen;
  note_moved_primary(turned, state, survey_of(dead("tokyo"), primary("ireland", 100), standby("virginia", 100)));
  CHECK(state.primary->cluster == "tokyo");
  note_moved_primary(turned, state, survey_of(standby("tokyo", 100), primary("ireland", 100), primary("virginia", 100)));
  CHECK(state.primary->cluster == "tokyo");
  note_moved_primary(turned, state, survey_of(standby("tokyo", 100), standby("ireland", 100), primary("virginia", 100)));
  CHECK(state.primary->cluster == "virginia");
  state = State{};
  note_moved_primary(turned, state, survey_of(primary("tokyo", 100), standby("ireland", 100), standby("virginia", 100)));
  CHECK(active_cluster(turned, state) == "tokyo");
  state.active = "tokyo";
  note_moved_primary(turned, state, survey_of(standby("tokyo", 100), primary("ireland", 100), standby("virginia", 100)));
  CHECK(state.primary->cluster == "tokyo");
}

TEST_CASE("nothing is promoted beside a primary of the same data that nobody would fence, except one that was left before") {
  State state;
  state.active = "tokyo";
  Survey survey = survey_of(standby("tokyo", 100), primary("ireland", 100), standby("virginia", 100));
  CHECK(says(assess(policy(), state, survey, {}),
             "the database of ireland is a primary of the same data, and tokyo is said to be the active"));
  survey.sides[0] = dead("tokyo");
  CHECK(says(assess(policy(), state, survey, {}), "ireland would not be fenced"));
  survey.sides[2].database->timeline = 2;
  CHECK_FALSE(says(assess(policy(), state, survey, {}), "would not be fenced"));
  survey.sides[2].database->timeline = 1;
  survey.sides[1].database->system_identifier = "2";
  CHECK_FALSE(says(assess(policy(), state, survey, {}), "would not be fenced"));
}

TEST_CASE("a standby with another history than the primary's is neither chosen nor compared with, however far its log goes") {
  State state;
  state.active = "tokyo";
  state.primary = LastSeen{"tokyo", "1", 1, "0/64", "", timestamp(std::chrono::system_clock::now())};
  // It was promoted for a moment, and is a standby again.
  Survey dead_primary = survey_of(dead("tokyo"), standby("ireland", 5'000), standby("virginia", 100));
  dead_primary.sides[1].database->timeline = 2;
  RunOptions options{.skip_fencing = true};
  const Assessment assessed = assess(policy(), state, dead_primary, options);
  CHECK(assessed.to == "virginia");
  CHECK(assessed.blockers.empty());
  options.to = "ireland";
  CHECK(says(assess(policy(), state, dead_primary, options), "was on 1: it has the log of another primary, or was one itself"));
  options.accept_data_loss = any_loss;
  CHECK(assess(policy(), state, dead_primary, options).blockers.empty());
  // A primary that answers leaves no doubt.
  Survey alive = survey_of(primary("tokyo", 100), standby("ireland", 5'000), standby("virginia", 100));
  alive.sides[1].database->timeline = 2;
  CHECK(says(assess(policy(), state, alive, options), "is on 1: it has the log of another primary, or was one itself"));
}

TEST_CASE("a standby that streams from a copy of the primary says nothing of what it lacks") {
  Survey survey = survey_of(primary("tokyo", 100), standby("ireland", 100), standby("virginia", 100));
  survey.sides[1].checkup.sender = data::Address{"copy", "5432"};
  CHECK(says(assess(policy(), {}, survey, {.to = "ireland"}), "streams, but from another server than that of tokyo"));
  // By a name that leads elsewhere for us the primary knows it.
  survey.sides[0].checkup.synchronous.streaming = {"ireland"};
  survey.sides[1].checkup.application_name = "Ireland";
  CHECK(assess(policy(), {}, survey, {.to = "ireland"}).blockers.empty());
  survey.sides[1].checkup.application_name = "other";
  CHECK(says(assess(policy(), {}, survey, {.to = "ireland"}), "streams, but from another server than that of tokyo"));
  // Received by way of another standby it is the primary's all the same.
  survey.sides[1].checkup.sender = data::Address{"virginia", "5432"};
  CHECK(assess(policy(), {}, survey, {.to = "ireland"}).blockers.empty());
}

TEST_CASE("nothing is promoted that receives from a side which cannot be asked, and may be the primary") {
  Survey survey = survey_of(standby("tokyo", 100), dead("ireland"), standby("virginia", 100));
  for (const std::size_t side : {0, 2}) survey.sides[side].checkup.sender = data::Address{"ireland", "5432"};
  const RunOptions options{.to = "virginia"};
  CHECK(says(assess(policy(), {}, survey, options), "receives from ireland, which cannot be asked, and may be a primary"));
  for (const std::size_t side : {0, 2}) survey.sides[side].checkup.sender = data::Address{"elsewhere", "5432"};
  CHECK(says(assess(policy(), {}, survey, options), "receives from elsewhere:5432, which may be a primary that nobody fences"));
}

TEST_CASE("an active side that was started again as a standby tells what it has") {
  State state;
  state.primary = LastSeen{"tokyo", "1", 1, "0/64", "", timestamp(std::chrono::system_clock::now())};
  Survey survey = survey_of(standby("tokyo", 1'000), standby("ireland", 100), standby("virginia", 100));
  survey.sides[0].database->streams = false;
  const Assessment assessed = assess(policy(), state, survey, {.to = "ireland"});
  REQUIRE(assessed.loss);
  CHECK(assessed.loss->bytes == 900);
}

TEST_CASE("what another standby received of the same log is lost as well, and makes no old look younger") {
  Policy one = policy();
  one.fencing.proceed_unfenced_after = time::Duration{0};
  RunOptions to_ireland;
  to_ireland.to = "ireland";
  Survey cut_off = survey_of(dead("tokyo"), standby("ireland", 0x1000), standby("virginia", 0x1050));
  const Assessment assessment = assess(one, seen_at("0/1010"), cut_off, to_ireland);
  CHECK(assessment.loss->bytes == 0x50);
  CHECK_FALSE(assessment.loss->is_exact);
  CHECK(assessment.loss->basis == "the database of virginia has received more");
  CHECK_FALSE(assess(one, {}, cut_off, to_ireland).loss->bytes);
  CHECK_FALSE(assess(one, seen_at("0/1010", time::Duration{3'600'000}), cut_off, to_ireland).loss->bytes);
  cut_off.sides[2].database->timeline = 2;
  CHECK(assess(one, seen_at("0/1010"), cut_off, to_ireland).loss->bytes == 0x10);
  cut_off.sides[2].database->timeline = 1;
  cut_off.sides[2].database->system_identifier = "2";
  CHECK(assess(one, seen_at("0/1010"), cut_off, to_ireland).loss->bytes == 0x10);
}

TEST_CASE("a switchover to a standby that does not replay in time is refused, and a failover warns of it") {
  Survey survey = survey_of(primary("tokyo", 100), standby("ireland", 100), dead("virginia"));
  survey.sides[1].database->replay_delay = policy().postgres->catch_up_timeout + time::Duration{1};
  RunOptions planned;
  planned.kind = RunKind::switchover;
  CHECK(says(assess(policy(), {}, survey, planned), "late (recovery_min_apply_delay), longer than catchUpTimeout"));
  CHECK(assess(policy(), {}, survey, {}).blockers.empty());
  survey.sides[1].database->replay_delay = policy().postgres->catch_up_timeout;
  CHECK(assess(policy(), {}, survey, planned).blockers.empty());
  survey.sides[1].database->is_replay_paused = true;
  CHECK(says(assess(policy(), {}, survey, planned), "replay is paused in the database of ireland"));
}

TEST_CASE("an old side that cannot be fenced is refused, unless the policy, a guard or a person vouches for it") {
  Policy one = policy();
  const Survey cut_off = survey_of(dead("tokyo"), standby("ireland", 90), standby("virginia", 90));
  CHECK(says(assess(one, seen_at("0/64"), cut_off, {}), "tokyo cannot be fenced"));
  RunOptions skipping;
  skipping.skip_fencing = true;
  CHECK(assess(one, seen_at("0/64"), cut_off, skipping).blockers.empty());
  one.fencing.proceed_unfenced_after = time::Duration{1000};
  const Assessment unfenced = assess(one, seen_at("0/64"), cut_off, {});
  CHECK(unfenced.blockers.empty());
  CHECK(unfenced.warnings.size() == 1);
  one = policy();
  one.fencing.guard_ttl = time::Duration{5000};
  CHECK(says(assess(one, seen_at("0/64"), cut_off, {}), "no guard ever renewed its Lease"));
  Survey guarded = cut_off;
  guarded.sides[0].guard.object = nlohmann::json::object();
  guarded.sides[0].guard.holder = "tokyo";
  CHECK(assess(one, seen_at("0/64"), guarded, {}).blockers.empty());
  guarded.sides[0].guard.holder = "";
  CHECK(says(assess(one, seen_at("0/64"), guarded, {}), "guards no more"));
}

TEST_CASE("what the standby lacks is held against the limit, and what nobody knows is refused") {
  Policy one = policy();
  one.fencing.proceed_unfenced_after = time::Duration{0};
  const Survey cut_off = survey_of(dead("tokyo"), standby("ireland", 0x1000), standby("virginia", 1));
  CHECK(assess(one, seen_at("0/1064"), cut_off, {}).blockers.empty());
  CHECK(*assess(one, seen_at("0/1064"), cut_off, {}).loss->bytes == 100);
  CHECK(says(assess(one, seen_at("0/1065"), cut_off, {}), "lacks 101 bytes"));
  RunOptions accepting;
  accepting.accept_data_loss = 101;
  CHECK(assess(one, seen_at("0/1065"), cut_off, accepting).blockers.empty());
  CHECK(says(assess(one, {}, cut_off, accepting), "is not known"));
  accepting.accept_data_loss = any_loss;
  CHECK(assess(one, {}, cut_off, accepting).blockers.empty());
}

TEST_CASE("who sees less than half of all clusters decides nothing") {
  Policy one = policy();
  one.fencing.proceed_unfenced_after = time::Duration{0};
  CHECK(
      says(assess(one, seen_at("0/1"), survey_of(dead("tokyo"), dead("ireland"), standby("virginia", 9)), {}), "it is us who are cut off"));
}

TEST_CASE("a last look that is too old when the side failed tells nothing of what is lost") {
  Policy one = policy();
  one.fencing.proceed_unfenced_after = time::Duration{1'000};
  one.postgres->max_look_age = time::Duration{10'000};
  const Survey cut_off = survey_of(dead("tokyo"), standby("ireland", 0x64), standby("virginia", 1));
  const State old = seen_at("0/64", time::Duration{30'000});
  CHECK(says(assess(one, old, cut_off, {}), "tokyo was last seen 30s ago, and maxLookAge is 10s"));
  RunOptions options;
  options.failed_at = std::chrono::system_clock::now() - std::chrono::seconds{25};
  const Assessment assessment = assess(one, old, cut_off, options);
  CHECK(assessment.blockers.empty());
  REQUIRE(assessment.loss);
  CHECK(assessment.loss->bytes == 0);
  CHECK_FALSE(assessment.loss->is_exact);
  // Another one who saw it later, though less far, vouches for the time.
  Survey guarded = cut_off;
  guarded.sides[0].guard.object = nlohmann::json::object();
  guarded.sides[0].guard.lsn = "0/32";
  guarded.sides[0].guard.age = time::Duration{3'000};
  CHECK(assess(one, old, guarded, {}).blockers.empty());
  CHECK(assess(one, old, guarded, {}).loss->basis == "tokyo was last seen 30s ago");
}

TEST_CASE("what the databases say against a run refuses what can wait, and is a warning where it cannot") {
  Survey survey = survey_of(primary("tokyo", 100), standby("ireland", 100), standby("virginia", 1));
  RunOptions switching;
  switching.kind = RunKind::switchover;
  RunOptions failing_over;
  const auto check = [&](const std::string& words) {
    CAPTURE(words);
    CHECK(says(assess(policy(), {}, survey, switching), words));
    const Assessment warned = assess(policy(), {}, survey, failing_over);
    CHECK_FALSE(says(warned, words));
    REQUIRE_FALSE(warned.warnings.empty());
    CHECK(warned.warnings.front().find(words) != std::string::npos);
    survey.sides[0].checkup = {};
  };
  survey.sides[0].checkup.prepared = 2;
  check("tokyo has 2 prepared transactions");
  survey.sides[0].checkup.subscriptions = {"orders"};
  check("tokyo is written to by logical subscriptions (orders)");
  survey.sides[0].checkup.missing_rights = {"EXECUTE on pg_reload_conf"};
  check("tokyo cannot be kept from taking writes: our role lacks EXECUTE on pg_reload_conf");
  survey.sides[1].checkup.missing_rights = {"EXECUTE on pg_promote"};
  CHECK(says(assess(policy(), {}, survey, failing_over), "ireland cannot be promoted"));
}

TEST_CASE("what would keep a failover from ending a guard that goes on without the host is a warning") {
  Policy one = policy();
  one.fencing.guard_ttl = time::Duration{5'000};
  Survey survey = survey_of(primary("tokyo", 100), standby("ireland", 100), standby("virginia", 100));
  survey.sides[0].guard.object = nlohmann::json::object();
  survey.sides[0].guard.holder = "tokyo";
  survey.sides[0].guard.failsafe = {"ireland"};
  const auto warned = [&](const std::string& words) {
    const Assessment assessment = assess(one, {}, survey, {});
    return std::ranges::any_of(assessment.warnings, [&](const std::string& warning) { return warning.find(words) != std::string::npos; });
  };
  CHECK_FALSE(warned("goes on without the host"));
  survey.sides[1].checkup.missing_to_pause = {"EXECUTE on pg_wal_replay_pause"};
  CHECK(warned("our role lacks EXECUTE on pg_wal_replay_pause in the database of ireland"));
  survey.sides[0].guard.failsafe = {"virginia"};
  CHECK(warned("the guard of tokyo knows nothing of ireland"));
}

TEST_CASE("a guard that gave its Lease up may be told, and its reason is said where it is refused") {
  Policy one = policy();
  one.fencing.guard_ttl = time::Duration{5'000};
  SideSurvey tokyo = dead("tokyo");
  tokyo.guard.object = nlohmann::json::object();
  tokyo.guard.unable = "its role lacks EXECUTE on pg_reload_conf";
  CHECK(fence_ways(one, seen_at("0/64"), tokyo, {}) == std::vector{FenceWay::guard});
}

TEST_CASE("a guard that was late already when the primary was last seen is not believed, whatever clocks say; one that renewed since is") {
  Policy one = policy();
  one.fencing.guard_ttl = time::Duration{5'000};
  SideSurvey tokyo = dead("tokyo");
  tokyo.guard.object = R"({"spec": {"renewTime": "8"}})"_json;
  tokyo.guard.cluster = "tokyo";
  tokyo.guard.holder = "guard@tokyo";
  tokyo.guard.ttl = time::Duration{5'000};
  tokyo.guard.age = time::Duration{600'000};
  State state = seen_at("0/64", time::Duration{-600'000});
  const auto believed = [&](const char* version, std::int64_t milliseconds) {
    state.primary->guard_version = version;
    state.primary->guard_age = time::Duration{milliseconds};
    return !fence_ways(one, state, tokyo, {}).empty();
  };
  CHECK_FALSE(believed("8", 5'000));
  CHECK(believed("8", 4'999));
  CHECK(believed("7", 60'000));
  CHECK(believed("", 0));
}

TEST_CASE("a look by a clock that is ahead tells nothing of when the primary was seen") {
  Policy one = policy();
  one.fencing.proceed_unfenced_after = time::Duration{1'000};
  const Survey cut_off = survey_of(dead("tokyo"), standby("ireland", 0x64), standby("virginia", 1));
  CHECK(assess(one, seen_at("0/64", time::Duration{-4'000}), cut_off, {}).blockers.empty());
  CHECK(says(assess(one, seen_at("0/64", time::Duration{-600'000}), cut_off, {}), "maxLookAge"));
}

TEST_CASE("what failed over by itself does not begin while it is paused, and what people begin does") {
  Policy one = policy();
  const Survey survey = survey_of(primary("tokyo", 100), standby("ireland", 100), standby("virginia", 1));
  State state;
  state.pause = Pause{"alice@laptop", "", ""};
  RunOptions options;
  CHECK(assess(one, state, survey, options).blockers.empty());
  options.by_itself = true;
  CHECK(says(assess(one, state, survey, options), "paused by alice@laptop"));
}

TEST_CASE("a database of another lineage, a primary and the active side itself are no targets") {
  Survey survey = survey_of(primary("tokyo", 100), standby("ireland", 90), standby("virginia", 80));
  survey.sides[1].database->system_identifier = "2";
  RunOptions to_ireland;
  to_ireland.to = "ireland";
  CHECK(says(assess(policy(), {}, survey, to_ireland), "is no copy of that of tokyo"));
  survey.sides[1] = standby("ireland", 90);
  survey.sides[0].database->timeline = 3;
  CHECK(says(assess(policy(), {}, survey, to_ireland), "it does not follow it"));
  survey.sides[1] = primary("ireland", 90);
  CHECK(says(assess(policy(), {}, survey, to_ireland), "is no standby"));
  to_ireland.to = "tokyo";
  CHECK(says(assess(policy(), {}, survey, to_ireland), "is the active cluster already"));
  to_ireland.to = "irelnd";
  CHECK(says(assess(policy(), {}, survey, to_ireland), "did you mean 'ireland'"));
}

TEST_CASE("a switchover needs a primary that answers and a standby that streams") {
  RunOptions switching;
  switching.kind = RunKind::switchover;
  CHECK(
      assess(policy(), {}, survey_of(primary("tokyo", 100), standby("ireland", 100), standby("virginia", 1)), switching).blockers.empty());
  CHECK(says(assess(policy(), seen_at("0/1"), survey_of(dead("tokyo"), standby("ireland", 100), standby("virginia", 1)), switching),
             "handed over without loss"));
  Survey silent = survey_of(primary("tokyo", 100), standby("ireland", 100), standby("virginia", 1));
  silent.sides[1].database->streams = false;
  switching.to = "ireland";
  CHECK(says(assess(policy(), {}, silent, switching), "does not stream"));
}
