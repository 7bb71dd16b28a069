#include "failover/member_register.hpp"

#include "base/encoding.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "control/names.hpp"
#include "http/rest.hpp"
#include "kube/answer.hpp"
#include "kube/managed_fields.hpp"
#include "kube/status.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <random>

namespace fedctl::failover {
namespace {

using nlohmann::json;

constexpr int most_rounds = 8;
constexpr int most_steps = 3;

/// When the server last took a write of the object, to the second.
time::Duration age_of(const json& object, time::Instant now) {
  std::optional<time::Instant> latest;
  for (const json& entry : list_at(map_at(object, "metadata"), "managedFields")) {
    const auto at = time::parse_instant(string_at(entry, "time"));
    if (at && (!latest || *at > *latest)) latest = at;
  }
  if (!latest) return time::Duration{0};
  return std::max(time::Duration{0}, std::chrono::duration_cast<time::Duration>(now - *latest));
}

Acceptor acceptor_in(const json& object) {
  const json& data = kube::map_at(object, "data");
  return {ballot_from(kube::string_at(data, "promised")), ballot_from(kube::string_at(data, "accepted")), kube::string_at(data, "version"),
          kube::string_at(data, "value")};
}

/// Writers who meet should not come back at the same moment.
time::Duration short_while() {
  static thread_local std::minstd_rand random{std::random_device{}()};
  return time::Duration{std::uniform_int_distribution{10, 80}(random)};
}

http::Request request_of(std::string method, std::string path, MemberRegister::Patience patience) {
  http::Request request{.method = std::move(method), .path = std::move(path), .headers = {"Accept: application/json"}};
  request.timeout = patience.longest;
  request.repeatable = false;
  request.writes = patience.is_needed && request.method != "GET";
  return request;
}

}  // namespace

MemberRegister::MemberRegister(std::vector<kube::Client*> clusters, std::string name_space, std::string name, std::string policy)
    : clusters_(std::move(clusters)),
      name_space_(std::move(name_space)),
      name_(std::move(name)),
      policy_(std::move(policy)),
      writer_(encoding::random_hex(6)),
      known_(clusters_.size()) {}

MemberRegister::~MemberRegister() {
  const auto end = [](TaskGroup& tasks) -> Task<Done> {
    co_await tasks.end();
    co_return Done{};
  };
  for (const auto& round : rounds_) {
    if (!round->tasks.has_ended()) loop().run(end(round->tasks));
  }
}

std::string MemberRegister::display_name() const {
  std::vector<std::string> names;
  for (const kube::Client* client : clusters_) names.push_back(client->cluster());
  return fmt::format("ConfigMap {}/{} in {}", name_space_, name_, text::listed(names));
}

Task<Result<MemberRegister::Held>> MemberRegister::fetch(std::size_t cluster, Patience patience) {
  kube::Client& client = *clusters_[cluster];
  const auto response = co_await client.send(request_of("GET", control::config_maps().path(name_space_, name_), patience));
  if (!response) co_return Failure{response.error()};
  if (response->status != 200) {
    Error error = in_cluster(kube::error_from(*response), client.cluster());
    if (error.code == Code::not_found) co_return Held{};
    co_return Failure{std::move(error)};
  }
  const json object = parse_json(response->body);
  if (const auto problem = kube::problem_of_object(object, control::config_maps(), {name_}))
    co_return Failure{in_cluster(*problem, client.cluster())};
  Held held{.acceptor = acceptor_in(object)};
  held.resource_version = kube::string_at(kube::map_at(object, "metadata"), "resourceVersion");
  held.age = age_of(object, response->date());
  co_return held;
}

Task<Result<MemberRegister::Held>> MemberRegister::put(std::size_t cluster, Held held, Patience patience) {
  kube::Client& client = *clusters_[cluster];
  json object{{"apiVersion", "v1"}, {"kind", "ConfigMap"}};
  object["metadata"] = json{{"name", name_}, {"namespace", name_space_}};
  object["metadata"]["labels"] = json{{"fedctl.io/failover-policy", policy_}};
  const bool is_new = held.resource_version.empty();
  if (!is_new) object["metadata"]["resourceVersion"] = held.resource_version;
  object["data"] = json{{"promised", to_string(held.acceptor.promised)},
                        {"accepted", to_string(held.acceptor.accepted)},
                        {"version", held.acceptor.version},
                        {"value", held.acceptor.value}};
  http::Request request =
      request_of(is_new ? "POST" : "PUT", control::config_maps().path(name_space_, is_new ? std::string{} : name_), patience);
  request.path += fmt::format("?fieldManager={}", kube::field_manager);
  request.headers.push_back("Content-Type: application/json");
  request.body = to_text(object);
  const auto response = co_await client.send(std::move(request));
  if (!response) co_return Failure{response.error()};
  if (response->status >= 300) co_return Failure{in_cluster(kube::error_from(*response), client.cluster())};
  const json written = parse_json(response->body);
  if (const auto problem = kube::problem_of_object(written, control::config_maps(), {name_}))
    co_return Failure{in_cluster(*problem, client.cluster())};
  held.resource_version = kube::string_at(kube::map_at(written, "metadata"), "resourceVersion");
  held.age = time::Duration{0};
  co_return held;
}

/// Makes the namespace of the state, which exists already in the members of a host.
Task<Result<Done>> MemberRegister::make_namespace(std::size_t cluster, Patience patience) {
  kube::Client& client = *clusters_[cluster];
  http::Request request = request_of("POST", control::namespaces().path("", ""), patience);
  request.headers.push_back("Content-Type: application/json");
  request.body = to_text(json{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", json{{"name", name_space_}}}});
  const auto response = co_await client.send(std::move(request));
  if (!response) co_return Failure{response.error()};
  if (response->status < 300) co_return Done{};
  Error error = in_cluster(kube::error_from(*response), client.cluster());
  if (error.code == Code::conflict) co_return Done{};
  co_return Failure{std::move(error)};
}

Task<MemberRegister::Answer> MemberRegister::look(std::size_t cluster, Patience patience) {
  auto held = co_await fetch(cluster, patience);
  Answer answer;
  if (held) {
    answer.held = std::move(*held);
    answer.agreed = true;
  } else {
    answer.error = held.error();
  }
  co_return answer;
}

/// One step of a cluster: its object is changed as `rule` says, and only as it was read.
Task<MemberRegister::Answer> MemberRegister::step(std::size_t cluster, Rule rule, Patience patience) {
  Answer answer;
  for (int attempt = 1; attempt <= most_steps; ++attempt) {
    const bool was_known = known_[cluster].has_value();
    Held held;
    if (was_known) {
      held = *known_[cluster];
      known_[cluster].reset();
    } else {
      auto found = co_await fetch(cluster, patience);
      if (!found) {
        answer.error = found.error();
        co_return answer;
      }
      held = std::move(*found);
    }
    answer.held = held;
    const bool agrees = rule(held.acceptor);
    if (!agrees && was_known) continue;
    if (!agrees) co_return answer;
    auto written = co_await put(cluster, held, patience);
    if (!written && written.error().code == Code::not_found && held.resource_version.empty()) {
      const auto made = co_await make_namespace(cluster, patience);
      if (made) written = co_await put(cluster, held, patience);
    }
    if (written) {
      known_[cluster] = *written;
      answer.held = std::move(*written);
      answer.agreed = true;
      answer.error.reset();
      co_return answer;
    }
    answer.error = written.error();
    if (written.error().code != Code::conflict) co_return answer;
  }
  co_return answer;
}

Task<Done> MemberRegister::note(Round& round, std::size_t cluster, Task<Answer> work) {
  Answer answer = co_await std::move(work);
  if (answer.held) highest_ = std::max({highest_, answer.held->acceptor.promised, answer.held->acceptor.accepted});
  round.answers[cluster] = std::move(answer);
  loop().wake(&round);
  co_return Done{};
}

/// Waits until it is enough, or all have answered; an interrupt waits for all, for what is written must be known.
Task<MemberRegister::Round*> MemberRegister::gather(std::vector<Task<Answer>> works, Enough enough) {
  std::erase_if(rounds_, [](const auto& one) { return one->tasks.has_ended(); });
  auto owned = std::make_unique<Round>();
  Round* round = owned.get();
  rounds_.push_back(std::move(owned));
  round->answers.resize(works.size());
  for (std::size_t i = 0; i < works.size(); ++i) round->tasks.start(note(*round, i, std::move(works[i])));
  while (!round->tasks.has_ended() && !enough(*round)) {
    const http::Rest rest = co_await http::rest(loop(), std::chrono::hours{1}, round);
    if (rest == http::Rest::over) continue;
    co_await round->tasks.end();
    break;
  }
  co_return round;
}

std::vector<Acceptor> MemberRegister::acceptors_in(const Round& round) const {
  std::vector<Acceptor> acceptors;
  for (const auto& answer : round.answers) {
    if (answer && answer->agreed) acceptors.push_back(answer->held->acceptor);
  }
  return acceptors;
}

/// Too few are left for a majority.
bool MemberRegister::is_in_vain(const Round& round) const {
  const auto failed = std::ranges::count_if(round.answers, [](const auto& answer) { return answer && !answer->agreed; });
  return !is_majority(clusters_.size() - static_cast<std::size_t>(failed), clusters_.size());
}

/// Asks all for the same step, until a majority has done it.
Task<MemberRegister::Round*> MemberRegister::agree(Rule rule, Patience patience) {
  std::vector<Task<Answer>> works;
  for (std::size_t i = 0; i < clusters_.size(); ++i) works.push_back(step(i, rule, patience));
  Enough enough = [this](const Round& round) { return is_majority(acceptors_in(round).size(), clusters_.size()) || is_in_vain(round); };
  Round* round = co_await gather(std::move(works), std::move(enough));
  co_return round;
}

Error MemberRegister::no_majority(const Round& round) const {
  std::vector<std::string> reasons;
  bool is_refused = false;
  for (const auto& answer : round.answers) {
    if (answer && answer->error) reasons.push_back(describe(*answer->error));
    is_refused = is_refused || (answer && !answer->agreed && !answer->error);
  }
  if (is_refused || reasons.empty()) return {Code::conflict, "somebody else writes at the same time", display_name()};
  return {Code::unreachable,
          fmt::format("no majority of the {} clusters that coordinate answers: {}", clusters_.size(), text::join(reasons, "; "))};
}

/// The newest value that a majority, which promised us the ballot, has taken. Errors: conflict where somebody was promised a higher one.
Task<Result<MemberRegister::Prepared>> MemberRegister::prepare(Patience patience) {
  prepared_for_.reset();
  ballot_ = next_of(std::max(highest_, ballot_), writer_);
  const Ballot ballot = ballot_;
  Rule rule = [ballot](Acceptor& acceptor) { return promise(acceptor, ballot); };
  const Round* round = co_await agree(std::move(rule), patience);
  const std::vector<Acceptor> promises = acceptors_in(*round);
  if (!is_majority(promises.size(), clusters_.size())) co_return Failure{no_majority(*round)};
  co_return Prepared{ballot, newest_of(promises)};
}

Task<Result<Done>> MemberRegister::propose(Ballot ballot, std::string version, std::string value, Patience patience) {
  prepared_for_.reset();
  Rule rule = [ballot, version, value](Acceptor& acceptor) { return accept(acceptor, ballot, version, value); };
  const Round* round = co_await agree(std::move(rule), patience);
  if (!is_majority(acceptors_in(*round).size(), clusters_.size())) co_return Failure{no_majority(*round)};
  // Another operation of ours may have begun with a higher one meanwhile.
  if (ballot_ == ballot) {
    ballot_ = next_of(ballot, writer_);
    prepared_for_ = version;
  }
  co_return Done{};
}

Task<Result<std::string>> MemberRegister::write(std::string base, std::string value, Patience patience) {
  const std::string version = encoding::random_hex(8);
  Error problem;
  for (int attempt = 1; attempt <= most_rounds; ++attempt) {
    Ballot ballot = ballot_;
    bool may_propose = prepared_for_ == base;
    if (!may_propose) {
      const auto current = co_await prepare(patience);
      // A try before this one may have been taken by some.
      may_propose = current && (current->newest.version == base || current->newest.version == version);
      if (current && !may_propose) co_return Failure{{Code::conflict, "it was written by somebody else meanwhile", display_name()}};
      if (current) ballot = current->ballot;
      if (!current) problem = current.error();
    }
    if (may_propose) {
      const auto taken = co_await propose(ballot, version, value, patience);
      if (taken) co_return version;
      problem = taken.error();
    }
    if (problem.code != Code::conflict) co_return Failure{problem};
    const http::Rest rest = co_await http::rest(loop(), short_while());
    if (rest == http::Rest::interrupted) break;
  }
  co_return Failure{{Code::unreachable, "others write it all the time", display_name()}};
}

MemberRegister::Reading MemberRegister::reading_of(const Round& round, const Acceptor& newest) const {
  Reading reading{.version = newest.version, .value = newest.value};
  std::optional<time::Duration> least;
  for (const auto& answer : round.answers) {
    if (answer && answer->held && answer->held->acceptor.accepted == newest.accepted)
      least = std::min(least.value_or(answer->held->age), answer->held->age);
  }
  reading.age = least.value_or(time::Duration{0});
  return reading;
}

/// Clusters that were away get what the others have, by the ballot that these took it by.
void MemberRegister::repair(const Round& round, const Acceptor& newest, Patience patience) {
  if (newest.version.empty() || loop().interrupted()) return;
  Rule rule = [newest](Acceptor& acceptor) {
    return acceptor.accepted < newest.accepted && accept(acceptor, newest.accepted, newest.version, newest.value);
  };
  for (std::size_t i = 0; i < round.answers.size(); ++i) {
    const auto& answer = round.answers[i];
    if (!answer || !answer->agreed || answer->held->acceptor.accepted >= newest.accepted) continue;
    auto owned = std::make_unique<Round>();
    owned->answers.resize(clusters_.size());
    owned->tasks.start(note(*owned, i, step(i, rule, patience)));
    rounds_.push_back(std::move(owned));
  }
}

/// Has a majority take the newest value, which some of it took already.
Task<Result<MemberRegister::Reading>> MemberRegister::settle(Patience patience) {
  Error problem;
  for (int attempt = 1; attempt <= most_rounds; ++attempt) {
    const auto newest = co_await prepare(patience);
    if (newest && newest->newest.version.empty()) co_return Reading{};
    problem = newest ? Error{} : newest.error();
    if (newest) {
      const Acceptor& kept = newest->newest;
      const auto taken = co_await propose(newest->ballot, kept.version, kept.value, patience);
      if (taken) co_return Reading{.version = kept.version, .value = kept.value};
      problem = taken.error();
    }
    if (problem.code != Code::conflict) break;
    const http::Rest rest = co_await http::rest(loop(), short_while());
    if (rest == http::Rest::interrupted) break;
  }
  co_return Failure{problem};
}

Task<Result<MemberRegister::Reading>> MemberRegister::read(Patience patience) {
  std::vector<Task<Answer>> works;
  for (std::size_t i = 0; i < clusters_.size(); ++i) works.push_back(look(i, patience));
  Enough enough = [this](const Round& round) { return is_settled(acceptors_in(round), clusters_.size()) || is_in_vain(round); };
  const Round* round = co_await gather(std::move(works), std::move(enough));
  const std::vector<Acceptor> answers = acceptors_in(*round);
  if (!is_majority(answers.size(), clusters_.size())) co_return Failure{no_majority(*round)};
  if (is_settled(answers, clusters_.size())) {
    const Acceptor newest = newest_of(answers);
    Reading reading = reading_of(*round, newest);
    repair(*round, newest, patience);
    co_return reading;
  }
  auto settled = co_await settle(patience);
  co_return settled;
}

}  // namespace fedctl::failover
