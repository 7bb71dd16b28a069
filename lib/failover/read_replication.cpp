#include "failover/read_replication.hpp"

#include "base/text.hpp"
#include "failover/quorum.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <map>

namespace fedctl::failover {
namespace {

using Mode = Replication::Mode;
constexpr std::array modes{Mode::keep, Mode::async, Mode::sync, Mode::sync_while_close};

Mode read_mode(const Fields& fields, std::string_view key) {
  const std::string said = fields.text(key, std::string{to_string(Mode::keep)});
  std::vector<std::string> names;
  for (const Mode mode : modes) names.emplace_back(to_string(mode));
  const auto found = std::ranges::find(names, said);
  if (found != names.end()) return modes[static_cast<std::size_t>(found - names.begin())];
  fields.fail(key, fmt::format("'{}' is not a replication mode{}", said, text::did_you_mean(said, names)),
              "expected one of " + text::join(names, ", "));
  return Mode::keep;
}

/// The primary tells its standbys apart by these names.
void check_names(const Fields& parent, const std::vector<std::string>& clusters) {
  std::map<std::string, std::string> taken;
  for (const std::string& cluster : clusters) {
    const auto [one, is_new] = taken.emplace(standby_name(cluster), cluster);
    if (!is_new)
      parent.fail("replication", fmt::format("the standbys of {} and {} would both be known as '{}'", one->second, cluster, one->first),
                  "give one of these clusters another name");
  }
}

}  // namespace

std::string_view to_string(Mode mode) {
  switch (mode) {
    case Mode::keep: return "keep";
    case Mode::async: return "async";
    case Mode::sync: return "sync";
    case Mode::sync_while_close: break;
  }
  return "syncWhileClose";
}

Replication read_replication(const Fields& parent, const std::vector<std::string>& clusters) {
  Replication replication;
  if (!parent.has("replication")) return replication;
  if (parent.raw("replication").is_string()) {
    replication.mode = read_mode(parent, "replication");
  } else {
    Fields fields = parent.child("replication");
    fields.only({"mode", "quorum", "giveUpAfter"}).need("mode");
    replication.mode = read_mode(fields, "mode");
    replication.quorum = static_cast<int>(fields.number("quorum", replication.quorum, 1));
    replication.give_up_after = fields.duration("giveUpAfter", replication.give_up_after);
    const auto others = clusters.empty() ? 0 : clusters.size() - 1;
    if (static_cast<std::size_t>(replication.quorum) > others)
      fields.fail("quorum", fmt::format("{} cannot confirm a commit: there {} besides the active one", replication.quorum,
                                        others == 1 ? "is one cluster" : fmt::format("are {} clusters", others)));
    if (fields.has("quorum") && !replication.waits())
      fields.fail("quorum", fmt::format("a quorum needs the mode sync or syncWhileClose, not {}", to_string(replication.mode)));
    if (fields.has("giveUpAfter") && replication.mode != Mode::sync_while_close)
      fields.fail("giveUpAfter", "giveUpAfter is of the mode syncWhileClose; sync never gives up");
  }
  if (replication.waits()) check_names(parent, clusters);
  return replication;
}

}  // namespace fedctl::failover
