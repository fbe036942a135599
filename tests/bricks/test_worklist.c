// Order, shards, batches and budgets of a bench, under a clock that the test moves.
#include "tests/test.h"

#include "base/str.h"
#include "bricks/worklist.h"

enum { N_BRICKS = 40, N_MODELS = 6 };

static uint64_t random_state;

static int draw(int n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((random_state >> 33) % (uint64_t)n);
}

// Elementwise bricks of very unlike sizes.
static struct brick *make_brick(int i)
{
    struct str text = STR_INIT;
    int n = 16 << (i % 14);
    str_addf(&text, "dlb1 %s i0:f32:%dx%d > f32:%dx%d | out s0", i % 2 ? "Relu" : "Tanh", i + 1, n,
             i + 1, n);
    struct brick *brick = brick_parse(text.text, NULL);
    str_release(&text);
    return brick;
}

// Every brick is a model of its own; `first` rotates the order in which they come.
static void make_suite(struct suite *s, int first)
{
    suite_init(s, 1);
    for (int i = 0; i < N_BRICKS; i++)
        suite_add_alone(s, make_brick((i + first) % N_BRICKS));
}

static int setup(void **state)
{
    struct suite *s = malloc(sizeof *s);
    make_suite(s, 0);
    random_state = 1;
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    suite_release(*state);
    free(*state);
    return 0;
}

// ---- order ---------------------------------------------------------------------------------

static const double footprints[] = {1 << 20, 1 << 22, 1 << 27};

// Random tasks at three footprints, some of equal value.
static void make_tasks(struct task *tasks)
{
    for (int i = 0; i < N_BRICKS; i++)
        tasks[i] = (struct task){.brick = i,
                                 .footprint = footprints[draw(3)],
                                 .uses = 1,
                                 .share = (1 + draw(4)) / 100.0,
                                 .cost_s = (1 + draw(3)) / 10.0,
                                 .pair = i};
}

static void order__is_by_share_per_second_at_each_footprint(void **state)
{
    struct task tasks[N_BRICKS];
    make_tasks(tasks);
    tasks_order(tasks, N_BRICKS, *state);
    for (int i = 0; i < N_BRICKS; i++)
        for (int k = i + 1; k < N_BRICKS; k++)
            if (tasks[i].footprint == tasks[k].footprint)
                assert_true(tasks[i].share / tasks[i].cost_s >=
                            tasks[k].share / tasks[k].cost_s - 1e-12);
}

static void order__a_footprint_that_tells_little_comes_later(void **state)
{
    // the same brick: at a footprint where all others are too, and alone at a large one
    struct task tasks[N_BRICKS + 1];
    make_tasks(tasks);
    for (int i = 0; i < N_BRICKS; i++)
        tasks[i].footprint = footprints[0];
    tasks[N_BRICKS] = tasks[0];
    tasks[N_BRICKS].footprint = footprints[2];
    const int brick = tasks[0].brick;
    tasks_order(tasks, N_BRICKS + 1, *state);
    int first = 0;
    while (tasks[first].brick != brick)
        first++;
    assert_close(tasks[first].footprint, footprints[0], 0);
}

static void order__does_not_depend_on_the_order_before(void **state)
{
    struct task tasks[N_BRICKS], shuffled[N_BRICKS];
    make_tasks(tasks);
    for (int i = 0; i < N_BRICKS; i++)
        shuffled[i] = tasks[(i * 7 + 3) % N_BRICKS];
    tasks_order(tasks, N_BRICKS, *state);
    tasks_order(shuffled, N_BRICKS, *state);
    for (int i = 0; i < N_BRICKS; i++)
        assert_int_equal(tasks[i].pair, shuffled[i].pair);
}

// ---- shards --------------------------------------------------------------------------------

static void load_of_shards(const struct suite *s, int n, const int *shard, double *load_s,
                           double *largest_s)
{
    struct demand *demands = demands_of_suite(s, INFINITY, NULL);
    *largest_s = 0;
    for (int k = 0; k < n; k++)
        load_s[k] = 0;
    for (int i = 0; i < s->n_bricks; i++) {
        double cost_s =
            cost_share_s(s->bricks[i], demands[i].n, demands[i].footprint, &probe_nominal);
        load_s[shard[i]] += cost_s;
        *largest_s = fmax(*largest_s, cost_s);
    }
    demands_free(demands, s->n_bricks);
}

static void shards__are_disjoint_and_make_up_the_whole(void **state)
{
    const struct suite *s = *state;
    for (int n = 1; n <= 50; n++) {
        int shard[N_BRICKS], count[50] = {0}, total = 0;
        shards_assign(s, n, shard);
        for (int i = 0; i < N_BRICKS; i++) {
            assert_in_range(shard[i], 0, n - 1);
            count[shard[i]]++;
        }
        for (int k = 0; k < n; k++) {
            assert_true(n > N_BRICKS || count[k] > 0);
            total += count[k];
        }
        assert_int_equal(total, N_BRICKS);
    }
}

static void shards__differ_by_no_more_than_one_brick(void **state)
{
    const struct suite *s = *state;
    for (int n = 1; n <= 12; n++) {
        int shard[N_BRICKS];
        double load_s[12], largest_s, low_s = INFINITY, high_s = 0;
        shards_assign(s, n, shard);
        load_of_shards(s, n, shard, load_s, &largest_s);
        for (int k = 0; k < n; k++) {
            low_s = fmin(low_s, load_s[k]);
            high_s = fmax(high_s, load_s[k]);
        }
        assert_true(high_s - low_s <= largest_s * (1 + 1e-9));
    }
}

static void shards__do_not_depend_on_the_order_of_models(void **state)
{
    const struct suite *s = *state;
    struct suite other;
    int shard[N_BRICKS], others[N_BRICKS];
    make_suite(&other, 17);
    shards_assign(s, 5, shard);
    shards_assign(&other, 5, others);
    for (int i = 0; i < N_BRICKS; i++) {
        assert_string_equal(s->bricks[(i + 17) % N_BRICKS]->text, other.bricks[i]->text);
        assert_int_equal(shard[(i + 17) % N_BRICKS], others[i]);
    }
    suite_release(&other);
}

static void shards__leave_out_what_no_model_wants(void **state)
{
    struct suite *s = *state;
    int shard[N_BRICKS];
    s->n_models--;
    shards_assign(s, 3, shard);
    for (int i = 0; i < N_BRICKS; i++)
        assert_int_equal(shard[i] == NONE, i == N_BRICKS - 1);
    s->n_models++;
}

// ---- batches -------------------------------------------------------------------------------

static double cost_of(const struct suite *s, const struct task *tasks, int n)
{
    struct bill bill;
    bill_init(&bill, &probe_nominal);
    for (int i = 0; i < n; i++)
        bill_add(&bill, s->bricks[tasks[i].brick], 1, &tasks[i].footprint);
    return bill_total_s(&bill);
}

static void batch__takes_what_fits_and_loses_nothing(void **state)
{
    const struct suite *s = *state;
    struct task tasks[N_BRICKS];
    make_tasks(tasks);
    double all_s = cost_of(s, tasks, N_BRICKS), batch_s;
    for (int i = 0; i <= 10; i++) {
        bool seen[N_BRICKS] = {false};
        int first = tasks[0].pair;
        int n = tasks_batch(tasks, N_BRICKS, s, &probe_nominal, all_s * i / 10 + 1e-9, &batch_s);
        assert_int_equal(tasks[0].pair, first);
        assert_true(n >= 1 && (n == 1 || batch_s <= all_s * i / 10 + 1e-9));
        assert_close(batch_s, cost_of(s, tasks, n), 1e-9);
        for (int k = 0; k < N_BRICKS; k++)
            seen[tasks[k].pair] = true;
        for (int k = 0; k < N_BRICKS; k++)
            assert_true(seen[k]);
        // none of the others would have fitted as well
        for (int k = n; k < N_BRICKS; k++) {
            struct task kept = tasks[n];
            tasks[n] = tasks[k];
            assert_true(cost_of(s, tasks, n + 1) > all_s * i / 10);
            tasks[n] = kept;
        }
    }
    assert_int_equal(tasks_batch(tasks, N_BRICKS, s, &probe_nominal, INFINITY, &batch_s), N_BRICKS);
    assert_int_equal(tasks_batch(tasks, 0, s, &probe_nominal, 1, &batch_s), 0);
    assert_close(batch_s, 0, 0);
}

static void demands__gather_the_footprints_of_each_brick(void **state)
{
    const struct suite *s = *state;
    const struct task tasks[] = {{.brick = 3, .footprint = 4096, .uses = 2},
                                 {.brick = 5, .footprint = 4096, .uses = 1},
                                 {.brick = 3, .footprint = 1024, .uses = 7}};
    struct demand *demands = tasks_demands(tasks, 3, s);
    assert_int_equal(demands[3].n, 2);
    assert_close(demands[3].footprint[0], 1024, 0);
    assert_close(demands[3].uses[0], 7, 0);
    assert_close(demands[3].footprint[1], 4096, 0);
    assert_int_equal(demands[5].n, 1);
    assert_int_equal(demands[0].n, 0);
    demands_free(demands, s->n_bricks);
}

// Takes batches from n tasks of cost_s each, which really take `ratio` times as long; returns how
// many were done, and when.
static int run(double budget_s, double ratio, int n, double cost_s, double *end_s)
{
    struct pace pace;
    double now_s = 1000;
    int done = 0;
    pace_init(&pace, budget_s, now_s);
    while (done < n && !pace_is_over(&pace, now_s)) {
        int batch = (int)fmin(fmax(pace_limit_s(&pace, now_s) / cost_s, 1), n - done);
        double took_s = batch * cost_s * ratio;
        pace_note(&pace, batch * cost_s, took_s);
        now_s += took_s;
        done += batch;
    }
    *end_s = now_s - 1000;
    return done;
}

static void budget__is_used_and_kept_however_wrong_the_estimates_are(void **state)
{
    (void)state;
    static const double ratios[] = {0.2, 0.5, 1, 2, 5};
    for (size_t i = 0; i < N_ELEMENTS(ratios); i++) {
        double end_s;
        int done = run(60, ratios[i], 100000, 0.05, &end_s);
        assert_true(end_s >= 60);
        // the first batch knows nothing yet; then the last one is at most a task too long
        assert_true(end_s <= 60 + 0.05 * ratios[i] * 2);
        assert_true(done * 0.05 * ratios[i] >= 60);
    }
}

static void budget__that_suffices_changes_nothing(void **state)
{
    (void)state;
    double end_s;
    assert_int_equal(run(INFINITY, 3, 1000, 0.05, &end_s), 1000);
    assert_close(end_s, 150, 1e-9);
    assert_int_equal(run(1000, 3, 1000, 0.05, &end_s), 1000);
    assert_close(end_s, 150, 1e-9);
}

static void budget__batches_of_a_short_one_are_short(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 60, 0);
    assert_true(pace_limit_s(&pace, 0) <= 15);
    pace_note(&pace, 10, 20); // twice as slow as expected
    assert_close(pace_ratio(&pace), 2, 1e-12);
    assert_close(pace_limit_s(&pace, 57), 1.5, 1e-12);
    assert_false(pace_is_over(&pace, 59.9));
    assert_true(pace_is_over(&pace, 60));
    assert_close(pace_limit_s(&pace, 61), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(order__is_by_share_per_second_at_each_footprint, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(order__a_footprint_that_tells_little_comes_later, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(order__does_not_depend_on_the_order_before, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(shards__are_disjoint_and_make_up_the_whole, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(shards__differ_by_no_more_than_one_brick, setup, teardown),
        cmocka_unit_test_setup_teardown(shards__do_not_depend_on_the_order_of_models, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(shards__leave_out_what_no_model_wants, setup, teardown),
        cmocka_unit_test_setup_teardown(batch__takes_what_fits_and_loses_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(demands__gather_the_footprints_of_each_brick, setup,
                                        teardown),
        cmocka_unit_test(budget__is_used_and_kept_however_wrong_the_estimates_are),
        cmocka_unit_test(budget__that_suffices_changes_nothing),
        cmocka_unit_test(budget__batches_of_a_short_one_are_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
