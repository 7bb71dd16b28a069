#include "failover/ballot.hpp"

#include <algorithm>
#include <charconv>

namespace fedctl::failover {

std::string to_string(const Ballot& ballot) {
  return ballot.number == 0 ? std::string{} : std::to_string(ballot.number) + " " + ballot.writer;
}

Ballot ballot_from(const std::string& text) {
  Ballot ballot;
  const auto space = text.find(' ');
  if (space == std::string::npos) return ballot;
  const auto read = std::from_chars(text.data(), text.data() + space, ballot.number);
  if (read.ec != std::errc{} || read.ptr != text.data() + space || ballot.number <= 0) return {};
  ballot.writer = text.substr(space + 1);
  return ballot;
}

bool promise(Acceptor& acceptor, const Ballot& ballot) {
  if (acceptor.promised >= ballot) return false;
  acceptor.promised = ballot;
  return true;
}

bool accept(Acceptor& acceptor, const Ballot& ballot, const std::string& version, const std::string& value) {
  if (acceptor.promised > ballot) return false;
  acceptor = {next_of(ballot, ballot.writer), ballot, version, value};
  return true;
}

Ballot next_of(const Ballot& seen, const std::string& writer) { return {seen.number + 1, writer}; }

const Acceptor& newest_of(const std::vector<Acceptor>& answers) { return *std::ranges::max_element(answers, {}, &Acceptor::accepted); }

bool is_settled(const std::vector<Acceptor>& answers, std::size_t all) {
  if (answers.empty()) return false;
  const Ballot newest = newest_of(answers).accepted;
  const auto takers = std::ranges::count(answers, newest, &Acceptor::accepted);
  return is_majority(static_cast<std::size_t>(takers), all);
}

}  // namespace fedctl::failover
