#include "traffic/route53_answer.hpp"

#include <catch2/catch.hpp>

using namespace fedctl;
using namespace fedctl::traffic;
using namespace fedctl::traffic::route53;

namespace {

const Record record{.name = "app.example.com", .type = "CNAME", .ttl = 60, .value = "tokyo.example.com"};

std::string in(const std::string& root, const std::string& content) {
  return "<?xml version=\"1.0\"?>\n<" + root + " xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">" + content + "</" + root + ">";
}

}  // namespace

TEST_CASE("the record sets of a name are read, and no others") {
  const auto sets =
      live_sets_in(in("ListResourceRecordSetsResponse",
                      "<ResourceRecordSets><ResourceRecordSet><Name>app.example.com.</Name><Type>CNAME</Type><TTL>30</TTL><ResourceRecords>"
                      "<ResourceRecord><Value>a.example.com</Value></ResourceRecord></ResourceRecords><HealthCheckId>h</HealthCheckId>"
                      "</ResourceRecordSet><ResourceRecordSet><Name>app.example.com.</Name><Type>A</Type></ResourceRecordSet>"
                      "<ResourceRecordSet><Name>z.example.com.</Name><Type>CNAME</Type></ResourceRecordSet></ResourceRecordSets>"),
                   record);
  REQUIRE(sets);
  REQUIRE(sets->size() == 1);
  CHECK(sets->front().value == "a.example.com");
  CHECK(sets->front().ttl == 30);
  CHECK(sets->front().health_check == "h");
  CHECK(live_sets_in(in("ListResourceRecordSetsResponse", "<ResourceRecordSets/>"), record)->empty());
}

TEST_CASE("an answer that is not the one asked for is an error, not a zone without records or a change that is done") {
  const std::string body = GENERATE(as<std::string>(), "", "null", "<html><body>Log in</body></html>", "<ListResourceRecordSetsResponse>",
                                    "<ListResourceRecordSetsResponse/>", "<ChangeResourceRecordSetsResponse/>", "<GetChangeResponse/>",
                                    "<CreateHealthCheckResponse/>", "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>",
                                    in("CreateHealthCheckResponse", "<HealthCheck><Id></Id></HealthCheck>"),
                                    in("GetChangeResponse", "<ChangeInfo><Id>c</Id><Status>LATER</Status></ChangeInfo>"));
  CAPTURE(body);
  CHECK(live_sets_in(body, record).error().code == Code::rejected);
  CHECK(change_in(body).error().code == Code::rejected);
  CHECK(health_check_in(body).error().code == Code::rejected);
  CHECK(is_healthy_in(body).error().code == Code::rejected);
}

TEST_CASE("a change is in sync once Route 53 says so") {
  const std::string pending = "<ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status></ChangeInfo>";
  CHECK_FALSE(change_in(in("ChangeResourceRecordSetsResponse", pending))->is_in_sync);
  CHECK(change_in(in("GetChangeResponse", "<ChangeInfo><Id>c</Id><Status>INSYNC</Status></ChangeInfo>"))->is_in_sync);
}

TEST_CASE("a check is healthy when more than 18 % of the checkers got through") {
  const auto observed = [](int good, int bad) {
    std::string all;
    for (int i = 0; i < good + bad; ++i) {
      all += "<HealthCheckObservation><StatusReport><Status>" + std::string{i < good ? "Success: 200" : "Failure: timeout"} +
             "</Status></StatusReport></HealthCheckObservation>";
    }
    return in("GetHealthCheckStatusResponse", "<HealthCheckObservations>" + all + "</HealthCheckObservations>");
  };
  CHECK(*is_healthy_in(observed(19, 81)));
  CHECK_FALSE(*is_healthy_in(observed(18, 82)));
  CHECK_FALSE(*is_healthy_in(observed(0, 0)));
}

TEST_CASE("what Route 53 refuses is said in its words") {
  const auto refusal = refusal_in(in("ErrorResponse", "<Error><Code>NoSuchHostedZone</Code><Message>no zone</Message></Error>"));
  CHECK(refusal.code == "NoSuchHostedZone");
  CHECK(refusal.message == "no zone");
  CHECK(refusal_in("<").code.empty());
}
