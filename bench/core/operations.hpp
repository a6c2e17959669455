// What can be measured. Each takes the words after the operation's name, and returns the exit status.
#pragma once

#include <string>
#include <vector>

namespace stet::bench {

using Arguments = std::vector<std::string>;

// edits.cpp
int local(const Arguments& arguments);
int record(const Arguments& arguments);
int remote(const Arguments& arguments);

// rich.cpp
int rich(const Arguments& arguments);

// growth.cpp
int growth(const Arguments& arguments);
int huge(const Arguments& arguments);

// loads.cpp
int load(const Arguments& arguments);
int snapshot(const Arguments& arguments);
int encode(const Arguments& arguments);
int docdiff(const Arguments& arguments);

// merges.cpp: without a document
int mergeupdates(const Arguments& arguments);
int diff(const Arguments& arguments);
int svfrom(const Arguments& arguments);

}  // namespace stet::bench
