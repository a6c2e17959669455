/* Two people edit one text at once, in C: both hear of each other's edits, end with the same text, and one takes back
 * what he wrote without touching what the other did meanwhile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stet.h>

static const stet_view nothing = {NULL, 0};

static void must(stet_status status) {
  if (status == STET_OK) return;
  fprintf(stderr, "stet: %s\n", stet_last_error());
  exit(1);
}

static void print_and_free(const char* what, stet_buffer text) {
  printf("%s%s\n", what, text.data);
  stet_buffer_free(&text);
}

static stet_buffer text_of(stet_type type) {
  stet_buffer text;
  must(stet_text_to_string(type, &text));
  return text;
}

/* Hands an update to the other document, as a network would. */
static void send_update(void* other, stet_view update, const stet_transaction* transaction) {
  if (transaction->local) must(stet_doc_apply_update(other, update, STET_V1, stet_str("network"), NULL, NULL));
}

static void show_events(void* name, const stet_event* const* events, size_t count) {
  size_t i;
  for (i = 0; i < count; ++i) {
    stet_buffer delta;
    must(stet_event_delta(events[i], &delta));
    printf("%s sees ", (const char*)name);
    print_and_free("", delta);
  }
}

/* Sends what `to` lacks of `from`. */
static void synchronize(stet_doc* from, stet_doc* to) {
  stet_buffer state_vector, update;
  must(stet_doc_encode_state_vector(to, &state_vector));
  must(stet_doc_encode_diff(from, stet_view_of(state_vector), STET_V1, &update));
  must(stet_doc_apply_update(to, stet_view_of(update), STET_V1, stet_str("network"), NULL, NULL));
  stet_buffer_free(&state_vector);
  stet_buffer_free(&update);
}

static void write_milk(void* text) {
  const stet_type* at_bob = text;
  must(stet_text_insert(*at_bob, 0, stet_str(" and milk"), nothing));
  must(stet_text_format(*at_bob, 5, 4, stet_str("{\"bold\": true}")));
}

int main(void) {
  char name[] = "Alice";
  stet_doc *alice, *bob;
  stet_type at_alice, at_bob;
  stet_undo* undo;
  stet_subscription *observer, *there, *back;
  stet_buffer alices, bobs;
  bool same;

  must(stet_doc_new(1, true, &alice));
  must(stet_doc_new(2, true, &bob));
  must(stet_doc_root(alice, stet_str("text"), STET_TEXT, &at_alice));
  must(stet_doc_root(bob, stet_str("text"), STET_TEXT, &at_bob));

  /* Before they are connected, both write. */
  must(stet_text_insert(at_alice, 0, stet_str("Shopping: bread"), nothing));
  must(stet_undo_new(bob, &at_bob, 1, NULL, &undo));
  must(stet_doc_transact(bob, write_milk, &at_bob, nothing));

  must(stet_type_observe(at_alice, show_events, name, &observer));
  synchronize(bob, alice);
  synchronize(alice, bob);
  must(stet_doc_on_update(alice, STET_V1, send_update, bob, &there));
  must(stet_doc_on_update(bob, STET_V1, send_update, alice, &back));
  print_and_free("both: ", text_of(at_alice));

  must(stet_text_insert(at_alice, stet_text_length(at_alice), stet_str("!"), nothing));
  must(stet_undo_undo(undo, NULL));
  print_and_free("Bob took back his: ", text_of(at_bob));

  must(stet_text_to_delta(at_alice, &alices));
  must(stet_text_to_delta(at_bob, &bobs));
  same = strcmp(alices.data, bobs.data) == 0;
  printf("%s at both\n", same ? "the same" : "NOT the same");

  stet_buffer_free(&alices);
  stet_buffer_free(&bobs);
  stet_subscription_free(observer);
  stet_subscription_free(there);
  stet_subscription_free(back);
  stet_undo_free(undo);
  stet_doc_free(alice);
  stet_doc_free(bob);
  return same ? 0 : 1;
}
