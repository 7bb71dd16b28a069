#include "fuzz.hpp"
#include "traffic/route53_answer.hpp"

using namespace fedctl;

/// Answers of Route 53.
void fuzz::run(std::string_view input) {
  const std::string body{input};
  const auto sets = traffic::route53::live_sets_in(body, {.name = "app.example.com", .type = "CNAME", .ttl = 60, .value = "a"});
  if (is_good(sets)) require(body.find("ListResourceRecordSetsResponse") != std::string::npos, "only a list of record sets is one");
  const auto change = traffic::route53::change_in(body);
  if (is_good(change)) require(!change->id.empty(), "a change has an id");
  const auto check = traffic::route53::health_check_in(body);
  if (is_good(check)) require(!check->empty(), "a health check has an id");
  static_cast<void>(is_good(traffic::route53::is_healthy_in(body)));
  static_cast<void>(traffic::route53::refusal_in(body));
}
