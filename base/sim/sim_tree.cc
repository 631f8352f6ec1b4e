// SPDX-License-Identifier: Apache-2.0
// SimTree: names, and what a crash makes of unsynced changes to them. Operations may survive out of
// order, but never so that a later change of a name survives an earlier one of the same name.
#include "base/sim/sim_tree.h"

#include <cerrno>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/assert.h"

namespace barnabas {
namespace {

using Node = SimTree::Node;
// A name in a directory, as a key.
using NameKey = std::pair<const SimInode*, std::string>;

std::vector<std::string> components_of(std::string_view path) {
    std::vector<std::string> components;
    while (!path.empty()) {
        const size_t slash = path.find('/');
        const std::string_view name = path.substr(0, slash);
        ASSERT(name != "..", "simulated paths do not climb");
        if (!name.empty() && name != ".") components.emplace_back(name);
        if (slash == std::string_view::npos) break;
        path.remove_prefix(slash + 1);
    }
    return components;
}

void set_entry(SimInode::Entries& entries, const std::string& name, const Node& node) {
    if (node)
        entries[name] = node;
    else
        entries.erase(name);
}

}  // namespace

SimTree::SimTree() : root_(std::make_shared<SimInode>()) {
    root_->is_directory = true;
}

SimTree::SimTree(const SimTree& other) : next_id_(other.next_id_) {
    std::map<const SimInode*, Node> copies;
    // Names that only a crash or an unsynced operation leads to are followed too.
    const auto copy_of = [&copies](const auto& self, const Node& node) -> Node {
        if (!node) return nullptr;
        const auto [found, is_new] = copies.try_emplace(node.get(), nullptr);
        if (!is_new) return found->second;
        const auto copy = std::make_shared<SimInode>(*node);
        copies[node.get()] = copy;
        for (auto& [name, child] : copy->entries) child = self(self, child);
        for (auto& [name, child] : copy->durable_entries) child = self(self, child);
        return copy;
    };
    root_ = copy_of(copy_of, other.root_);
    for (const Operation& operation : other.unsynced_) {
        Operation copy = operation;
        for (Effect& effect : copy) {
            effect.directory = copy_of(copy_of, effect.directory);
            effect.node = copy_of(copy_of, effect.node);
        }
        unsynced_.push_back(std::move(copy));
    }
}

Node SimTree::find(const std::string& path) const {
    Node node = root_;
    for (const std::string& name : components_of(path)) {
        const auto entry = node->entries.find(name);
        if (entry == node->entries.end()) return nullptr;
        node = entry->second;
    }
    return node;
}

Node SimTree::parent_of(const std::string& path, std::string* name) const {
    auto components = components_of(path);
    if (components.empty()) return nullptr;
    *name = components.back();
    components.pop_back();
    Node node = root_;
    for (const std::string& component : components) {
        const auto entry = node->entries.find(component);
        if (entry == node->entries.end()) return nullptr;
        node = entry->second;
    }
    return node;
}

void SimTree::perform(Operation operation) {
    for (const Effect& effect : operation)
        set_entry(effect.directory->entries, effect.name, effect.node);
    unsynced_.push_back(std::move(operation));
}

void SimTree::make_durable(const Operation& operation) {
    for (const Effect& effect : operation)
        set_entry(effect.directory->durable_entries, effect.name, effect.node);
}

int SimTree::create(const std::string& path, bool is_directory, Node* created) {
    std::string name;
    const Node parent = parent_of(path, &name);
    if (!parent) return components_of(path).empty() ? EEXIST : ENOENT;
    if (!parent->is_directory) return ENOTDIR;
    if (parent->entries.contains(name)) return EEXIST;
    const auto node = std::make_shared<SimInode>();
    node->id = next_id_++;
    node->is_directory = is_directory;
    perform({Effect{parent, name, node}});
    if (created != nullptr) *created = node;
    return 0;
}

int SimTree::remove(const std::string& path) {
    std::string name;
    const Node parent = parent_of(path, &name);
    const Node node = find(path);
    if (!parent || !node) return ENOENT;
    if (node->is_directory && !node->entries.empty()) return ENOTEMPTY;
    perform({Effect{parent, name, nullptr}});
    return 0;
}

int SimTree::rename(const std::string& from, const std::string& to) {
    std::string from_name;
    std::string to_name;
    const Node from_parent = parent_of(from, &from_name);
    const Node to_parent = parent_of(to, &to_name);
    const Node node = find(from);
    if (!from_parent || !to_parent || !node) return ENOENT;
    if (!to_parent->is_directory) return ENOTDIR;
    const Node replaced = find(to);
    if (replaced == node) return 0;
    if (replaced && replaced->is_directory != node->is_directory)
        return replaced->is_directory ? EISDIR : ENOTDIR;
    if (replaced && !replaced->entries.empty()) return ENOTEMPTY;
    for (Node above = root_; const std::string& name : components_of(to)) {
        if (above == node) return EINVAL;  // a directory into itself
        const auto entry = above->entries.find(name);
        if (entry == above->entries.end()) break;
        above = entry->second;
    }
    perform({Effect{from_parent, from_name, nullptr}, Effect{to_parent, to_name, node}});
    return 0;
}

int SimTree::sync_directory(const std::string& path) {
    const Node directory = find(path);
    if (!directory) return ENOENT;
    if (!directory->is_directory) return ENOTDIR;
    // Backwards: what changed a name earlier must be durable before what changes it later.
    std::set<NameKey> needed;
    std::vector<bool> durable(unsynced_.size(), false);
    for (size_t i = unsynced_.size(); i-- > 0;) {
        const Operation& operation = unsynced_[i];
        bool now = operation.back().directory == directory;
        for (const Effect& effect : operation)
            now = now || needed.contains({effect.directory.get(), effect.name});
        if (!now) continue;
        durable[i] = true;
        for (const Effect& effect : operation) needed.emplace(effect.directory.get(), effect.name);
    }
    std::vector<Operation> left;
    for (size_t i = 0; i < unsynced_.size(); ++i) {
        if (durable[i])
            make_durable(unsynced_[i]);
        else
            left.push_back(std::move(unsynced_[i]));
    }
    unsynced_ = std::move(left);
    return 0;
}

void SimTree::crash(CrashStyle style, Random& random) {
    const CrashStyle names = pick_style(style, random);
    std::set<NameKey> lost;
    for (const Operation& operation : unsynced_) {
        bool kept = names == CrashStyle::keep_all;
        if (names == CrashStyle::scatter) kept = random.chance(1, 2);
        // A prefix ends at the first lost operation.
        if (names == CrashStyle::prefix) kept = lost.empty() && random.chance(3, 4);
        for (const Effect& effect : operation)
            kept = kept && !lost.contains({effect.directory.get(), effect.name});
        if (kept) make_durable(operation);
        for (const Effect& effect : operation)
            if (!kept) lost.emplace(effect.directory.get(), effect.name);
    }
    unsynced_.clear();
    // From the root along durable names; each inode once, though two names may lead to it.
    std::set<const SimInode*> seen;
    std::vector<Node> open{root_};
    while (!open.empty()) {
        const Node node = open.back();
        open.pop_back();
        if (!seen.insert(node.get()).second) continue;
        if (!node->is_directory) {
            node->crash(style, random);
            continue;
        }
        node->entries = node->durable_entries;
        for (const auto& [name, child] : node->entries) open.push_back(child);
    }
}

std::vector<Node> SimTree::reachable() const {
    std::vector<Node> found{root_};
    std::set<const SimInode*> seen{root_.get()};
    for (size_t i = 0; i < found.size(); ++i) {
        const Node node = found[i];
        for (const auto& [name, child] : node->entries)
            if (seen.insert(child.get()).second) found.push_back(child);
    }
    return found;
}

}  // namespace barnabas
