#include "import/script.hpp"

#include <catch2/catch.hpp>

using namespace fedctl;
using import::commands_of;
using import::read_script;
using Words = std::vector<std::string>;

TEST_CASE("words are split, quotes taken off and variables put in as a shell does") {
  const auto commands = commands_of("A=one\nB=\"$A two\"\nprint '$A' \"${B}!\" x\\ y ${C:-three} # no more\n");
  REQUIRE(commands.size() == 1);
  CHECK(commands[0].words == Words{"print", "$A", "one two!", "x y", "three"});
  CHECK(commands[0].line == 3);
}

TEST_CASE("commands in conditions are commands, and what is redirected is not theirs") {
  const auto commands =
      commands_of("if ! look --at it > /dev/null 2>&1; then\n  act \\\n    now\nfi\ncat <<EOF\nnot a command\nEOF\nend\n");
  REQUIRE(commands.size() == 4);
  CHECK(commands[0].words == Words{"look", "--at", "it"});
  CHECK(commands[1].words == Words{"act", "now"});
  CHECK(commands[2].words == Words{"cat"});
  CHECK(commands[3].words == Words{"end"});
}

TEST_CASE("what a substitution yields is not known, so it stays as it is written") {
  CHECK(commands_of("say \"$(date +%s; echo)\" x")[0].words == Words{"say", "$(date +%s; echo)", "x"});
}

TEST_CASE("a script's probe, patch and record are found") {
  const auto script = read_script(R"(
CONTEXT="tokyo"
kubectl --context $CONTEXT cluster-info
kubectl patch federateddeployment/app -n production --type=json -p='[{"op": "replace", "path": "/spec/overrides/1/x", "value": 3}]'
aws route53 change-resource-record-sets --hosted-zone-id Z1 --change-batch '{"Changes": [{"Action": "UPSERT", "ResourceRecordSet":
  {"Name": "app.example.com.", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "ireland.example.com"}]}}]}'
)");
  CHECK(script.probed_context == "tokyo");
  REQUIRE(script.patches.size() == 1);
  CHECK(script.patches[0].kind == "federateddeployment");
  CHECK(script.patches[0].name == "app");
  CHECK(script.patches[0].name_space == "production");
  CHECK(script.patches[0].content[0]["value"] == 3);
  REQUIRE(script.records.size() == 1);
  CHECK(script.records[0].zone == "Z1");
  CHECK(script.records[0].name == "app.example.com");
  CHECK(script.records[0].ttl == 60);
  CHECK(script.unreadable.empty());
}

TEST_CASE("what is no JSON is said with its line") {
  CHECK(read_script("kubectl patch fd app -p \"$(cat patch)\"").unreadable == Words{"line 1: the patch of fd app is no JSON"});
}
