// What stands in surrogate models.
#include "tests/test.h"

#include "runner/sequence.h"

enum { N = 40, KIB = 1024 };

// A model of N bricks, every third of them the same one.
struct fixture {
    int candidate[N];
    struct plan plan;
    struct chain chain;
    struct candidate candidates[N];
    struct sequence q;
};

static void make(struct fixture *f, size_t weight_bytes, double bytes)
{
    f->plan = (struct plan){.arena_bytes = 64 * KIB};
    for (int i = 0; i < N; i++) {
        f->candidate[i] = i % 3 ? i : 0;
        f->candidates[i] = (struct candidate){weight_bytes, 0, i % 2 == 0};
    }
    f->chain = (struct chain){
        .footprint = 1, .bytes = bytes, .n = N, .candidate = f->candidate, .plan = &f->plan};
}

static void compose(struct fixture *f, int seed)
{
    uint64_t random = 42;
    sequence_compose(&f->q, 1, seed, f->candidates, 1, &f->chain, &random);
}

static void sequence__times_all_that_is_wanted(void **state)
{
    (void)state;
    static struct fixture f;
    int times[N] = {0};
    make(&f, KIB, 1e9);
    compose(&f, 8);
    for (int i = 0; i < f.q.n; i++)
        times[candidate_at(f.q.spot[i])] += !f.q.leads[i];
    for (int i = 0; i < N; i++) {
        assert_false(f.candidates[f.candidate[i]].wanted);
        assert_true(times[f.candidate[i]] > 0 || f.candidate[i] % 2);
    }
}

static void sequence__holds_nothing_but_what_is_wanted_and_leads_to_it(void **state)
{
    (void)state;
    static struct fixture f;
    make(&f, KIB, 1e9);
    for (int i = 0; i < N; i++)
        f.candidates[i].wanted = i == 8 || i == 11 || i == 20;
    compose(&f, 11);
    const int at[] = {8, 9, 10, 11, 17, 18, 19, 20}; // from 8 on: what is wanted bridges
    int first = f.q.spot[0].at;
    assert_true(first == 8 || first == 5);
    for (int i = 0; i < f.q.n; i++) {
        bool found = f.q.spot[i].at >= 5 && f.q.spot[i].at < 8;
        for (int k = 0; k < (int)N_ELEMENTS(at); k++)
            found = found || f.q.spot[i].at == at[k];
        assert_true(found);
    }
}

static void sequence__follows_the_model_inside_a_fragment(void **state)
{
    (void)state;
    static struct fixture f;
    make(&f, KIB, 1e9);
    compose(&f, 8);
    assert_true(f.q.starts[0]);
    for (int i = 1; i < f.q.n; i++)
        if (!f.q.starts[i])
            assert_int_equal(f.q.spot[i].at, f.q.spot[i - 1].at + 1);
}

static void sequence__times_what_the_model_leads_in(void **state)
{
    (void)state;
    static struct fixture f;
    make(&f, KIB, 1e9);
    compose(&f, 8);
    for (int i = 0, n_before = 0; i < f.q.n; i++, n_before++) {
        n_before = f.q.starts[i] ? 0 : n_before;
        assert_true(f.q.leads[i] ? n_before < LEAD
                                 : n_before >= LEAD || n_before == f.q.spot[i].at);
    }
}

// What takes long depends little on what stands before it, which would take as long again.
static void sequence__leads_in_no_longer_than_what_is_timed_takes(void **state)
{
    (void)state;
    static struct fixture f;
    make(&f, KIB, 1e9);
    for (int i = 0; i < N; i++) {
        f.candidates[i].wanted = i == 8 || i == 23;
        f.candidates[i].expected_ns = i == 8 || i == 22 ? 1e9 : 1e3;
    }
    compose(&f, 8);
    const int at[] = {8, 22, 23};
    assert_int_equal(f.q.n, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(f.q.spot[i].at, at[i]);
        assert_true(f.q.leads[i] == (at[i] == 22));
    }
}

static void sequence__holds_all_of_a_short_model(void **state)
{
    (void)state;
    static struct fixture f;
    int times[N] = {0};
    make(&f, KIB, 1e9);
    f.chain.whole = true;
    f.candidate[30] = NONE;
    compose(&f, 8);
    assert_int_equal(f.q.spot[f.q.leads[0] ? LEAD : 0].at, 8);
    for (int i = 0; i < f.q.n; i++)
        times[f.q.spot[i].at] += !f.q.leads[i];
    for (int at = 0; at < N; at++)
        assert_int_equal(times[at], at != 30);
    make(&f, 100 * KIB, 1e3); // one brick is more than that
    f.chain.whole = true;
    compose(&f, 8);
    assert_int_equal(f.q.n, LEAD + 1);
}

static void sequence__keeps_to_what_the_model_touches(void **state)
{
    (void)state;
    static struct fixture f;
    make(&f, 100 * KIB, 1e6);
    compose(&f, 8);
    assert_true(f.q.weight_bytes + f.q.arena_bytes <= 1e6);
    assert_true(f.q.weight_bytes + f.q.arena_bytes > 1e6 - (LEAD + 1) * 100 * KIB);
    make(&f, 100 * KIB, 1e3); // one brick is more than that
    compose(&f, 8);
    assert_int_equal(f.q.n, LEAD + 1);
    assert_int_equal(f.q.spot[LEAD].at, 8);
}

static void sequence__holds_weights_however_large_the_activations_are(void **state)
{
    (void)state;
    static struct fixture f;
    make(&f, 100 * KIB, 1e6);
    f.plan.arena_bytes = 10 << 20;
    compose(&f, 8);
    assert_true(f.q.weight_bytes > 3e5);
}

static void sequence__times_nothing_whose_lead_has_no_room(void **state)
{
    (void)state;
    static struct fixture f;
    make(&f, 100 * KIB, 1e6);
    f.candidates[7].weight_bytes = 1 << 20; // leads 8 in
    compose(&f, 20);
    for (int i = 0; i < f.q.n; i++)
        assert_int_not_equal(f.q.spot[i].at, 7);
}

static void sequence__goes_round_what_cannot_run(void **state)
{
    (void)state;
    static struct fixture f;
    make(&f, KIB, 1e9);
    f.candidate[9] = NONE;
    compose(&f, 10);
    assert_int_equal(f.q.spot[0].at, 10); // nothing can lead it in
    assert_false(f.q.leads[0]);
    for (int i = 0; i < f.q.n; i++)
        assert_int_not_equal(f.q.spot[i].at, 9);
}

// A model of more small bricks than a surrogate has positions.
static void sequence__ends_with_its_last_position_however_long_the_model_is(void **state)
{
    (void)state;
    enum { MANY = MAX_POSITIONS + 64 };
    static int candidate[MANY];
    static struct candidate candidates[MANY];
    struct plan plan = {.arena_bytes = KIB};
    struct chain chain = {
        .footprint = 1, .bytes = 1e12, .n = MANY, .candidate = candidate, .plan = &plan};
    for (int i = 0; i < MANY; i++)
        candidate[i] = i;
    for (uint64_t random = 1; random <= 200; random++) {
        static struct sequence q;
        uint64_t drawn = random;
        for (int i = 0; i < MANY; i++)
            candidates[i] = (struct candidate){KIB, 0, true};
        sequence_compose(&q, 1, (int)random, candidates, 1, &chain, &drawn);
        assert_in_range(q.n, MAX_POSITIONS - LEAD, MAX_POSITIONS); // no room for a lead and a brick
        assert_false(q.leads[q.n - 1]);                            // or it would lead nothing in
        assert_int_equal(q.weight_bytes, q.n * KIB);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequence__times_all_that_is_wanted),
        cmocka_unit_test(sequence__holds_nothing_but_what_is_wanted_and_leads_to_it),
        cmocka_unit_test(sequence__follows_the_model_inside_a_fragment),
        cmocka_unit_test(sequence__times_what_the_model_leads_in),
        cmocka_unit_test(sequence__leads_in_no_longer_than_what_is_timed_takes),
        cmocka_unit_test(sequence__holds_all_of_a_short_model),
        cmocka_unit_test(sequence__keeps_to_what_the_model_touches),
        cmocka_unit_test(sequence__holds_weights_however_large_the_activations_are),
        cmocka_unit_test(sequence__times_nothing_whose_lead_has_no_room),
        cmocka_unit_test(sequence__goes_round_what_cannot_run),
        cmocka_unit_test(sequence__ends_with_its_last_position_however_long_the_model_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
