#pragma once

#include "base/task.hpp"
#include "base/time.hpp"
#include "failover/site.hpp"
#include "failover/survey.hpp"

#include <string>

/// Asks every side of a policy at the same time.
namespace fedctl::failover {

struct SurveyOptions {
  time::Duration timeout{3'000};
  bool dns = true;
  /// Clusters whose API server, or whose database, was just found silent, and is not waited for as long; or empty.
  std::string silent_api = {};
  std::string silent_database = {};
  time::Duration silent_timeout{1'000};
};

Task<Survey> survey(Site& site, SurveyOptions options);

/// Looks at the databases alone, and not at that of `except`, which may be empty.
Task<Survey> survey_databases(Site& site, std::string except, time::Duration timeout);

/// Where the standbys are now: their positions alone. The side that is left is not asked.
Task<Survey> glance_at_standbys(Site& site, std::string from, time::Duration timeout);

}  // namespace fedctl::failover
