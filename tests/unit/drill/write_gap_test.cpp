#include "drill/write_gap.hpp"

#include <catch2/catch.hpp>

using namespace fedctl;
using drill::Write;
using drill::write_gap;
using drill::WriteGap;

namespace {

time::Instant at(int milliseconds) { return time::Instant{std::chrono::hours{1} + std::chrono::milliseconds{milliseconds}}; }
Write write(const std::string& side, int sent, bool accepted, data::Lsn lsn = 0) {
  return {.side = side, .sent = at(sent), .answered = at(sent + 5), .accepted = accepted, .lsn = lsn};
}

}  // namespace

TEST_CASE("the gap is from the old side's last write to the new side's first one") {
  const std::vector<Write> writes{write("tokyo", 0, true, 10),    write("ireland", 0, false),   write("tokyo", 100, true, 20),
                                  write("tokyo", 200, false),     write("ireland", 200, false), write("ireland", 700, true, 30),
                                  write("ireland", 800, true, 40)};
  const WriteGap gap = write_gap(writes, "tokyo", "ireland", 25);
  CHECK(gap.longest == std::chrono::milliseconds{600});
  CHECK(gap.tried == 7);
  CHECK(gap.accepted == 4);
  CHECK(gap.lost == 0);
  CHECK_FALSE(gap.had_two_writers);
}

TEST_CASE("a write that the old side accepted behind the fork is lost") {
  const std::vector<Write> writes{write("tokyo", 0, true, 10), write("tokyo", 100, true, 20), write("ireland", 200, true, 15)};
  CHECK(write_gap(writes, "tokyo", "ireland", 15).lost == 1);
  CHECK(write_gap(writes, "tokyo", "ireland", std::nullopt).lost == 0);
}

TEST_CASE("a write that the old side accepted after the new one did is a second writer") {
  const std::vector<Write> writes{write("tokyo", 0, true), write("ireland", 100, true), write("tokyo", 200, true)};
  CHECK(write_gap(writes, "tokyo", "ireland", std::nullopt).had_two_writers);
}

TEST_CASE("without a write on both sides there is no gap to tell") {
  const WriteGap gap = write_gap({write("tokyo", 0, true)}, "tokyo", "ireland", std::nullopt);
  CHECK_FALSE(gap.first_after);
  CHECK(gap.longest.count() == 0);
}
