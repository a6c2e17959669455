// Two people edit one text at once, in C++: both hear of each other's edits, end with the same text, and one takes back
// what he wrote without touching what the other did meanwhile.
#include <iostream>
#include <stet/doc.hpp>
#include <stet/types.hpp>
#include <stet/undo.hpp>

// Hands each update of `from` to `to`, as a network would. `to` knows by the origin where they came from.
static stet::Subscription connect(stet::Doc& from, stet::Doc& to) {
  return from.on_update([&to](stet::ByteView update, const stet::TransactionInfo& transaction) {
    if (!transaction.local) return;
    const auto applied = to.apply_update(update, stet::Encoding::v1, "network");
    if (!applied) std::cerr << "refused: " << applied.error().message() << '\n';
  });
}

int main() {
  stet::Doc alice({.client_id = 1});
  stet::Doc bob({.client_id = 2});
  stet::Text at_alice = alice.text("text");
  stet::Text at_bob = bob.text("text");

  // Before they are connected, both write.
  at_alice.insert(0, "Shopping: bread");
  const stet::SharedType scope[] = {at_bob};
  stet::UndoManager undo(bob, scope);
  bob.transact([&] {
    at_bob.insert(0, " and milk");
    at_bob.format(5, 4, {{"bold", true}});
  });

  const auto observer = at_alice.observe(
      [](const stet::Event& event) { std::cout << "Alice sees " << stet::delta_to_json(event.delta()) << '\n'; });

  // Each sends what the other lacks.
  const auto for_alice = bob.encode_diff(alice.encode_state_vector());
  const auto for_bob = alice.encode_diff(bob.encode_state_vector());
  if (!for_alice || !for_bob || !alice.apply_update(*for_alice, stet::Encoding::v1, "network") ||
      !bob.apply_update(*for_bob, stet::Encoding::v1, "network")) {
    return 1;
  }
  const auto there = connect(alice, bob);
  const auto back = connect(bob, alice);
  std::cout << "both: " << at_alice.to_string() << '\n';

  at_alice.insert(at_alice.length(), "!");
  undo.undo();
  std::cout << "Bob took back his: " << at_bob.to_string() << '\n';
  const bool same = at_alice.to_delta() == at_bob.to_delta();
  std::cout << (same ? "the same" : "NOT the same") << " at both\n";
  return same ? 0 : 1;
}
