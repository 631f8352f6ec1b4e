// SPDX-License-Identifier: Apache-2.0
// SimTree: the directories of a simulated disk. Every creation, removal and rename is lost by a
// crash until the directory was synced. Paths are absolute or not, which makes no difference: there
// is one root.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/sim/sim_inode.h"

namespace barnabas {

class SimTree {
  public:
    using Node = std::shared_ptr<SimInode>;

    SimTree();
    // A copy that shares nothing: files, directories, and what is not synced in either.
    SimTree(const SimTree& other);
    SimTree& operator=(const SimTree&) = delete;

    // The inode of the path, or null.
    Node find(const std::string& path) const;
    // These give an errno, or 0.
    int create(const std::string& path, bool is_directory, Node* created);
    int remove(const std::string& path);
    int rename(const std::string& from, const std::string& to);
    int sync_directory(const std::string& path);
    // Decides what survives of names and bytes, and continues with that.
    void crash(CrashStyle style, Random& random);

    // Every inode that a name leads to, each once, the root first.
    std::vector<Node> reachable() const;
    const Node& root() const { return root_; }

  private:
    // A name that now means `node`, or nothing.
    struct Effect {
        Node directory;
        std::string name;
        Node node;
    };
    // All effects of one operation survive together or not at all. The last one's directory is the
    // one whose sync makes it durable.
    using Operation = std::vector<Effect>;

    void perform(Operation operation);
    static void make_durable(const Operation& operation);
    Node parent_of(const std::string& path, std::string* name) const;

    Node root_;
    std::vector<Operation> unsynced_;
    uint64_t next_id_ = 1;
};

}  // namespace barnabas
