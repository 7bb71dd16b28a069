#include "failover/policy.hpp"

#include "failover/state.hpp"

#include <catch2/catch.hpp>

using namespace fedctl;
using namespace fedctl::failover;

namespace {

const std::string head = "apiVersion: fedctl.io/v1alpha1\nkind: FailoverPolicy\nmetadata: {name: shop, namespace: production}\nspec:\n";
const std::string body = "  clusters: [tokyo, ireland]\n  targets: [{kind: FederatedDeployment, name: shop}]\n";
const std::string checks = "  health: {checks: [{apiServer: {}}, {http: {url: 'https://{cluster}.example.com/'}}]}\n";

Result<Policy> read(const std::string& spec) {
  const auto manifests = manifest::parse(std::make_shared<const yaml::Source>(yaml::Source{"policy.yaml", head + spec}));
  REQUIRE(manifests);
  return read_policy(manifests->items.front(), "default");
}

void refuses(const std::string& spec, const std::string& place, const std::string& message) {
  const auto policy = read(spec);
  REQUIRE_FALSE(policy);
  CHECK(policy.error().place == "policy.yaml:" + place);
  CHECK(policy.error().message.find(message) != std::string::npos);
}

}  // namespace

TEST_CASE("a policy is read with its defaults") {
  const auto policy = read(body + checks);
  REQUIRE(policy);
  CHECK(policy->full_name() == "production/shop");
  CHECK(policy->health.agree == 2);
  CHECK(policy->health.checks[0].failure_threshold == 3);
  CHECK(policy->health.checks[1].urls.at("ireland") == "https://ireland.example.com/");
  CHECK(policy->targets.front().name_space == "production");
}

TEST_CASE("what is wrong with a policy is said with its place") {
  refuses("  clusters: [tokyo]\n  targets: [{kind: FederatedDeployment, name: shop}]\n" + checks, "5:3", "at least two clusters");
  refuses(body + "  health: {checks: [{apiServer: {}}, {workload: {}}]}\n", "7:3", "1 independent signal, and 2 must agree");
  refuses(body + checks + "  ~2: {}\n", "8:3", "unknown field '~2'");
  refuses(body + checks + "  fencing: {a/b: 1}\n", "8:13", "unknown field 'a/b'");
  refuses(body + checks + "  fencing: {proceedUnfencedAfter: soon}\n", "8:13", "must be a duration");
  refuses(body + checks + "  hooks: [{before: promotion, command: [x]}]\n", "8:12", "did you mean 'promote'");
  refuses(body + checks + "  hooks: [{after: promote, url: example.com}]\n", "8:28", "begins with http:// or https://");
  refuses(body + "  health: {vantages: [{url: 'ftp://x'}], checks: [{apiServer: {}}, {http: {url: 'https://{cluster}.example.com/'}}]}\n",
          "7:24", "begins with http:// or https://");
  refuses(body + checks + "  roles: {active: [{path: /spec/replicas, value: 1}]}\n", "8:3", "does not set /spec/replicas");
  refuses(body + checks + "  dns: {name: a.b, targets: {tokyo: x, ireland: z}}\n", "8:3", "dns needs one of route53");
  refuses(body + checks + "  dns: {name: a.b, targets: {tokyo: x}, exec: {command: [y]}}\n", "8:20", "no target for ireland");
}

TEST_CASE("a policy says for whom commits wait, in a word or with its numbers") {
  const auto database = [](const std::string& replication) {
    return body + "  database: {postgres: {" + replication + "sides: {tokyo: {connection: {env: A}}, ireland: {connection: {env: B}}}}}\n";
  };
  using Mode = Replication::Mode;
  const auto mode = [&](const std::string& text) {
    const auto policy = read(database(text));
    REQUIRE(policy);
    return policy->postgres->replication.mode;
  };
  CHECK(mode("") == Mode::keep);
  CHECK(mode("replication: async, ") == Mode::async);
  CHECK(mode("replication: sync, ") == Mode::sync);
  CHECK(mode("replication: {mode: sync, quorum: 1}, ") == Mode::sync);
  const auto close = read(database("replication: {mode: syncWhileClose, giveUpAfter: 20s}, ") + "  fencing: {guard: {ttl: 5s}}\n");
  REQUIRE(close);
  CHECK(close->postgres->replication.give_up_after == time::Duration{20'000});
  refuses(database("replication: synk, "), "7:25", "'synk' is not a replication mode, did you mean 'sync'?");
  refuses(database("replication: {mode: sync, quorum: 2}, "), "7:51", "2 cannot confirm a commit: there is one cluster");
  refuses(database("replication: {quorum: 1}, "), "7:25", "'mode' is missing");
  refuses(database("replication: {mode: async, quorum: 1}, "), "7:52", "a quorum needs the mode sync or syncWhileClose, not async");
  refuses(database("replication: {mode: sync, giveUpAfter: 1s}, "), "7:51", "giveUpAfter is of the mode syncWhileClose");
  refuses(database("replication: syncWhileClose, "), "7:3", "needs guards");
}

TEST_CASE("the standbys of a synchronous policy can be told apart") {
  const std::string sides = "sides: {'a:b': {connection: {env: A}}, 'a/b': {connection: {env: B}}, c: {connection: {env: C}}}";
  const std::string spec = "  clusters: ['a:b', 'a/b', c]\n  targets: [{kind: FederatedDeployment, name: shop}]\n  database: {postgres: {";
  CHECK(read(spec + sides + "}}\n"));
  refuses(spec + "replication: sync, " + sides + "}}\n", "7:25", "the standbys of a:b and a/b would both be known as 'a_b'");
}

TEST_CASE("the state is in the host, or in three clusters at least, since of two neither may be lost") {
  CHECK(read(body + checks)->coordination.members.empty());
  CHECK(read(body + checks + "  coordination: host\n")->coordination.members.empty());
  const auto three = read(body + checks + "  coordination: {members: [tokyo, ireland, host]}\n");
  REQUIRE(three);
  CHECK(three->coordination.members == std::vector<std::string>{"tokyo", "ireland", "host"});
  CHECK(three->coordination.name_space == "kube-federation-system");
  refuses(body + checks + "  coordination: members\n", "8:3", "needs three clusters, and there are 2");
  refuses(body + checks + "  coordination: {members: [tokyo, ireland, tokyo]}\n", "8:3", "stands twice");
  refuses(body + checks + "  coordination: everybody\n", "8:3", "'coordination' is host, members, or");
}

TEST_CASE("a standby's stream is named like its cluster, and guards go on without the host, unless the policy says otherwise") {
  const std::string sides = "  database: {postgres: {sides: {tokyo: {connection: {env: T}}, ireland: {connection: {env: I}";
  const auto plain = read(body + checks + "  fencing: {guard: {ttl: 5s}}\n" + sides + "}}}}\n");
  REQUIRE(plain);
  CHECK(plain->fencing.guard_failsafe);
  CHECK(plain->postgres->sides.at("ireland").application_name == "ireland");
  const auto stated =
      read(body + checks + "  fencing: {guard: {ttl: 5s, failsafe: false}}\n" + sides + ", applicationName: standby1}}}}\n");
  REQUIRE(stated);
  CHECK_FALSE(stated->fencing.guard_failsafe);
  CHECK(stated->postgres->sides.at("ireland").application_name == "standby1");
}

TEST_CASE("a program that makes a standby has time to copy the database, unless the policy says how long it may take") {
  const std::string sides =
      "  database: {postgres: {sides: {tokyo: {connection: {env: T}, rejoin: {command: [copy]}, stop: {command: [halt]}}, ";
  const auto policy = read(body + checks + sides + "ireland: {connection: {env: I}, rejoin: {command: [copy], timeout: 5m}}}}}\n");
  REQUIRE(policy);
  CHECK(policy->postgres->sides.at("tokyo").rejoin.timeout == std::chrono::hours{1});
  CHECK(policy->postgres->sides.at("tokyo").stop.timeout == std::chrono::minutes{1});
  CHECK(policy->postgres->sides.at("ireland").rejoin.timeout == std::chrono::minutes{5});
}

TEST_CASE("the state comes back as it was written") {
  State state{.active = "ireland", .token = 7};
  state.primary = LastSeen{"ireland", "1", 2, "0/10", "5", "2026-01-01T00:00:00.500Z"};
  state.synchronous = SynchronousState{"ireland", "a", "b", "c", "2026-01-01T00:00:00.500Z"};
  state.run = Run{.id = "ab", .kind = RunKind::switchover, .state = Run::State::aborted, .from = "tokyo", .to = "ireland", .token = 7};
  state.run->steps = {
      {.name = "drain", .state = StepRecord::State::done, .attempts = 2, .evidence = {DrainEvidence{.frozen = {.lsn = 16}}}},
      {.name = "promote"}};
  const auto again = state_from(to_json(state));
  REQUIRE(again);
  CHECK(to_json(*again) == to_json(state));
  CHECK(again->run->next()->name == "promote");
  CHECK_FALSE(again->has_unfinished_run());
}

TEST_CASE("what a run owes stays owed while a later one is undone, and is no business of one that goes on") {
  Run owing{.id = "a", .state = Run::State::done, .from = "tokyo", .to = "ireland", .token = 1};
  owing.steps = {{.name = "dns", .state = StepRecord::State::owed}};
  State state{.active = "ireland", .token = 2, .run = owing};
  REQUIRE(state.owing() != nullptr);
  CHECK(state.owing()->id == "a");
  state.earlier = owing;
  state.run = Run{.id = "b", .from = "ireland", .to = "tokyo", .token = 2};
  CHECK(state.owing() == nullptr);
  state.run->state = Run::State::aborted;
  const auto again = state_from(to_json(state));
  REQUIRE(again);
  REQUIRE(again->owing() != nullptr);
  CHECK(again->owing()->id == "a");
  state.earlier->steps.front().state = StepRecord::State::done;
  CHECK(state.owing() == nullptr);
}

TEST_CASE("the history has each run once, as it was last") {
  Run run{.id = "a", .state = Run::State::done, .from = "tokyo", .to = "ireland"};
  State state;
  file_away(state, run);
  run.id = "b";
  file_away(state, run);
  run.id = "a";
  run.reason = "settled";
  file_away(state, run);
  REQUIRE(state.history.size() == 2);
  CHECK(state.history[0]["reason"] == "settled");
  CHECK(state.history[1]["id"] == "b");
}

TEST_CASE("a state that is damaged anywhere is refused or read, and never throws") {
  State state{.active = "ireland", .token = 7};
  state.primary = LastSeen{"ireland", "1", 2, "0/10", "5", "2026-01-01T00:00:00.500Z"};
  state.run = Run{.id = "ab", .from = "tokyo", .to = "ireland", .token = 7, .overridden = {"--force"}, .steps = {{.name = "drain"}}};
  state.history = {to_json(*state.run)};
  state.drills = {{{"kind", "drill"}}};
  const nlohmann::json whole = to_json(state);
  const nlohmann::json flat = whole.flatten();
  for (const auto& [pointer, leaf] : flat.items()) {
    for (auto path = nlohmann::json::json_pointer{pointer}; !path.empty(); path = path.parent_pointer()) {
      for (const nlohmann::json& wrong : {nlohmann::json(), nlohmann::json(5), nlohmann::json("x"), nlohmann::json::array({5}),
                                          nlohmann::json::object(), nlohmann::json(true)}) {
        nlohmann::json damaged = whole;
        damaged[path] = wrong;
        CAPTURE(path.to_string(), wrong.dump());
        REQUIRE_NOTHROW(state_from(damaged));
      }
    }
  }
}

TEST_CASE("a field of a run that has another type is named, not read as something else") {
  State state{.active = "ireland", .token = 7};
  state.run = Run{.id = "ab", .from = "tokyo", .to = "ireland", .token = 7, .steps = {{.name = "drain"}}};
  const nlohmann::json whole = to_json(state);
  const std::vector<std::pair<std::string, std::string>> fields{
      {"/run/state", "run.state"},      {"/run/token", "run.token"},           {"/run/steps/0/state", "run.steps[0].state"},
      {"/run/steps/0", "run.steps[0]"}, {"/run/overridden", "run.overridden"}, {"/run/outcome", "run.outcome"}};
  for (const auto& [pointer, name] : fields) {
    nlohmann::json damaged = whole;
    damaged[nlohmann::json::json_pointer{pointer}] = "x";
    const auto read = state_from(damaged);
    CAPTURE(pointer);
    REQUIRE_FALSE(read);
    CHECK_THAT(read.error().message, Catch::Contains(": " + name + " "));
  }
  nlohmann::json huge = whole;
  huge["token"] = 18446744073709551615U;
  CHECK_FALSE(state_from(huge));
  nlohmann::json outcome = whole;
  outcome["run"]["outcome"]["rtoSeconds"] = "soon";
  CHECK_FALSE(state_from(outcome));
}

TEST_CASE("what lacks the token or the active cluster is no state, and no fresh one either") {
  for (const char* text :
       {"{}", "5", "null", R"({"token": 3})", R"({"active": "tokyo"})", R"({"token": "x", "active": ""})", R"({"token": -1, "active": ""})",
        R"({"token": 3, "active": 5})", R"({"token": 3, "active": "a", "drills": [5]})", R"({"token": 3, "active": "a", "history": 5})",
        R"({"token": 3, "active": "a", "run": {}})"}) {
    CAPTURE(text);
    const auto read = state_from(nlohmann::json::parse(text));
    REQUIRE_FALSE(read);
    CHECK_THAT(read.error().message, !Catch::Contains("exception"));
  }
}

TEST_CASE("a state that speaks of a cluster which the policy lacks is refused") {
  const std::vector<std::string> clusters{"tokyo", "ireland"};
  CHECK(check_clusters(State{}, clusters));
  CHECK(check_clusters(State{.active = "ireland"}, clusters));
  const auto renamed = check_clusters(State{.active = "dublin"}, clusters);
  REQUIRE_FALSE(renamed);
  CHECK_THAT(renamed.error().message, Catch::Contains("'dublin', which is not a cluster of the policy (tokyo, ireland)"));
  State running{.active = "tokyo"};
  running.run = Run{.id = "ab", .from = "tokyo", .to = "dublin"};
  CHECK_FALSE(check_clusters(running, clusters));
  running.run->state = Run::State::done;
  CHECK(check_clusters(running, clusters));
}
