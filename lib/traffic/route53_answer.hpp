#pragma once

#include "base/error.hpp"
#include "traffic/record.hpp"

#include <string>
#include <vector>

/// Reading what Route 53 answers, which is XML. An answer that is not the one that was asked for is `Code::rejected`, never "nothing
/// there": a proxy's page must not pass for a zone without records, or for a change that is done.
namespace fedctl::traffic::route53 {

/// A record set as Route 53 has it.
struct LiveSet {
  std::string set_identifier;
  std::string value;
  std::string health_check;
  int ttl = 0;
};

/// Of a ListResourceRecordSetsResponse those that have the record's name and type.
Result<std::vector<LiveSet>> live_sets_in(const std::string& body, const Record& record);

struct ChangeStatus {
  std::string id;
  bool is_in_sync = false;
};

/// Of a ChangeResourceRecordSetsResponse or a GetChangeResponse.
Result<ChangeStatus> change_in(const std::string& body);

/// The id of the check in a CreateHealthCheckResponse.
Result<std::string> health_check_in(const std::string& body);

/// Is the check of a GetHealthCheckStatusResponse healthy, as Route 53 counts it: more than 18 % of its checkers got through?
Result<bool> is_healthy_in(const std::string& body);

/// What an answer of 300 and above says; empty where it says nothing.
struct Refusal {
  std::string code;
  std::string message;
};
Refusal refusal_in(const std::string& body);

}  // namespace fedctl::traffic::route53
