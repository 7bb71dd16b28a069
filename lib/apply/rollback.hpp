#pragma once

#include "apply/apply.hpp"
#include "kube/client.hpp"

#include <nlohmann/json.hpp>
#include <vector>

namespace fedctl::apply {

/// What a cluster was like before the changes of this run, to go back to when one of them fails.
class Rollback {
 public:
  Rollback(kube::Client& client, const Listener& listener) : client_(client), listener_(listener) {}

  /// Reads the object that `change` is about to write. Errors: whatever keeps it from being read; conflict where it is there although it
  /// is to be created, or the other way round.
  Task<Result<Done>> keep(const plan::Change& change);

  /// The change was, or may have been, made; only such ones go back. `created` is the UID of what it created, as far as an answer told.
  void wrote(const plan::Change& change, std::string created);

  /// What went back, and what could not.
  struct Outcome {
    std::size_t restored = 0;  ///< Objects that are as they were, or gone again.
    std::vector<Error> errors;
  };

  /// Changed objects get back the values of all fields that were ours or became so; other managers' other fields stay as they are by
  /// now. Created ones are deleted, but for namespaces and definitions, which may hold other people's objects already. Objects that
  /// somebody made again meanwhile are left alone, and are errors.
  Task<Outcome> go_back();

 private:
  struct Kept {
    const plan::Change* change = nullptr;
    nlohmann::json before;  ///< Null where there was none.
    bool is_written = false;
    std::string created = {};
  };
  enum class Step { nothing, restored, left };

  /// Once more where no answer tells whether it was done.
  Task<Result<Step>> go_back_surely(const Kept& kept);
  Task<Result<Step>> go_back(const Kept& kept);
  Task<Result<Step>> take_away(const Kept& kept, nlohmann::json live);
  Task<Result<Step>> restore(const Kept& kept, nlohmann::json live);
  Task<Result<Step>> give_back(const Kept& kept);
  Task<Done> go_back_all(std::vector<const Kept*> some, Outcome& outcome);

  kube::Client& client_;
  const Listener& listener_;
  std::vector<Kept> kept_;
};

}  // namespace fedctl::apply
