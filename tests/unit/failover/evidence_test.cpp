#include "failover/evidence.hpp"

#include "failover/step.hpp"

#include <catch2/catch.hpp>

using namespace fedctl::failover;
using nlohmann::json;
using namespace nlohmann::literals;

namespace {

/// What each step says, as journals have it.
const json& journal() {
  static const json steps = R"({
    "fence": [
      {"way": "database", "lsn": "0/3000110", "flushed": true, "timeline": 1, "counted": "12", "stopped": false,
       "proof": {"sessionsEnded": 2, "preparedTransactions": 0, "doorClosed": true, "stillFor": "100ms"}},
      {"way": "database", "notFrozen": "it is not proven", "stopped": true},
      {"way": "guard", "unreachable": true, "notProven": ["program: exit 1"], "waited": 310, "acknowledged": true, "lsn": "0/10"},
      {"way": "guard", "waited": 5350, "ttl": 5350}, {"way": "scale", "scaledToZero": []}, {"way": "none-needed"},
      {"way": "program", "said": ""}, {"way": "unfenced", "overridden": "--skip-fencing"}],
    "drain": [{"lsn": "1/AB", "flushed": false, "proof": {"stillFor": "100ms"}, "systemIdentifier": "7", "timeline": 3, "at": "now"}],
    "stop": [{"said": "stopped"}, {"skipped": "no program to stop it"}],
    "catch-up": [
      {"standbyLsn": "0/10", "primaryLsn": "0/20", "basis": "", "exact": true, "lostBytes": 16, "primaryCounted": "3",
       "standbyCounted": "2", "lostCounted": 1},
      {"standbyLsn": "0/10", "basis": "nobody knows", "exact": false, "lostBytes": null},
      {"tokenLsn": "0/10", "standbyLsn": "0/10", "lostBytes": 0, "exact": true}],
    "promote": [{"timeline": 2, "lsn": "0/20"}, {"asked": true}, {"asked": true, "error": "timeout"},
      {"timeline": 2, "lsn": "0/20", "synchronous": {"before": "*", "set": "", "later": "*", "wasAltered": true}},
      {"asked": true, "synchronous": {"before": "", "set": "", "later": "a, b", "wasAltered": false}}],
    "roles": [{"federatedObjects": 1, "clusters": ["ireland"], "changed": 2, "leftAlone": "tokyo stays scaled to zero"}],
    "ready": [{"ready": 1}],
    "dns": [
      {"name": "a.b", "type": "CNAME", "ttl": 30, "value": "i", "provider": "route53", "before": "", "unchanged": true},
      {"name": "a.b", "type": "A", "value": "i", "follows": "the sides' health checks"}, {"error": "it does not answer"}],
    "verify": [{"writable": true, "resolvers": ["1.1.1.1"], "answers": ["https://a.b/"]}, {"resolvers": "not asked: dns is owed"}],
    "follow": [{"virginia": "by setting", "oregon": "by upstream"}, {}],
    "rejoin": [{"lsn": "0/30", "timeline": 2}],
    "synchronous": [{"names": "a, b", "named": ["a"], "exempt": ["role batch"]}, {"names": "a", "unchanged": true},
      {"skipped": "commits are to wait for nobody"}, {"error": "no standby streams from it"}],
    "record": [{}],
    "hook warm before promote": [{"said": "warm"}, {"failed": "exit 1"}, {"skipped": "--skip-hook", "error": "exit 1"}]
  })"_json;
  return steps;
}

}  // namespace

TEST_CASE("what a step said comes back as it was written, and none of it is unknown") {
  for (const auto& [step, all] : journal().items()) {
    for (const json& one : all) {
      CAPTURE(step, one.dump());
      const Evidence evidence = evidence_from(step, one);
      CHECK(to_json(evidence).dump() == one.dump());
      CHECK(evidence.rest.empty());
    }
  }
}

TEST_CASE("evidence that is odd anywhere is kept as it is, and never throws") {
  for (const auto& [step, all] : journal().items()) {
    for (const json& one : all) {
      const json flat = one.flatten();
      for (const auto& [pointer, leaf] : flat.items()) {
        for (auto path = json::json_pointer{pointer}; !path.empty(); path = path.parent_pointer()) {
          for (const json& odd : {json(), json(5), json(5.0), json(-1), json(18446744073709551615U), json("x"), json(""), json("0/00"),
                                  json::array({5, "x"}), json::object({{"more", 1}}), json(true), json(false)}) {
            json damaged = one;
            damaged[path] = odd;
            CAPTURE(step, damaged.dump());
            CHECK(to_json(evidence_from(step, damaged)).dump() == damaged.dump());
          }
        }
      }
    }
  }
  CHECK(to_json(evidence_from("fence", json("x"))) == json::object());
}

TEST_CASE("what a newer version said beside what is known is kept, and the rest is read") {
  const json newer = R"({"lsn": "0/10", "quorum": ["a", "b"], "at": "now"})"_json;
  const Evidence drain = evidence_from("drain", newer);
  CHECK(drain.read<DrainEvidence>().frozen.lsn == 16U);
  CHECK(drain.rest == R"({"quorum": ["a", "b"]})"_json);
  CHECK(to_json(drain) == newer);
  const Evidence unknown = evidence_from("teleport", newer);
  CHECK(std::holds_alternative<std::monostate>(unknown.found));
  CHECK(to_json(unknown) == newer);
}

TEST_CASE("a step that is tried again says that it was asked, and keeps why it failed until it is done") {
  Evidence evidence = evidence_from("promote", R"({"asked": 1, "error": "timeout"})"_json);
  CHECK_FALSE(evidence.read<PromoteEvidence>().was_asked);
  evidence.say(PromoteEvidence{.was_asked = true});
  CHECK(to_json(evidence) == R"({"asked": true, "error": "timeout"})"_json);
  PromoteEvidence told = evidence_from("promote", R"({"synchronous": {"before": "*", "set": ""}})"_json).read<PromoteEvidence>();
  told.was_asked = true;
  evidence.say(told);
  CHECK(to_json(evidence) == R"({"asked": true, "error": "timeout", "synchronous": {"before": "*", "set": ""}})"_json);
  evidence = Evidence{PromoteEvidence{.timeline = 2, .lsn = 32}};
  CHECK(to_json(evidence) == R"({"timeline": 2, "lsn": "0/20"})"_json);
}
