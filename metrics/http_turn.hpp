/// @file
/// One answer after the other, however many are asked for at once.
#pragma once

#include <list>

namespace reginfo::metrics {

/// Who waits to make an answer, or a piece of one, in the order of their coming.
using HttpLine = std::list<const void*>;

/// A place in that line, until it goes. So between two answers everybody else on the reactor has
/// their turn, SIP above all.
class HttpTurn {
public:
    explicit HttpTurn(HttpLine& line) : line_(line), at_(line.insert(line.end(), this)) {}
    ~HttpTurn() { line_.erase(at_); }
    HttpTurn(const HttpTurn&) = delete;
    HttpTurn& operator=(const HttpTurn&) = delete;

    bool has_come() const { return line_.begin() == at_; }

private:
    HttpLine& line_;
    HttpLine::iterator at_;
};

}  // namespace reginfo::metrics
