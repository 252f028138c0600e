/**
 * Runs a job for the newest wish: while one is at work, wishes replace each other, and the last is served next. Sliders
 * wish faster than a network answers. The job deals with its own errors.
 */
export function latest<Wish>(job: (wish: Wish) => Promise<void>): (wish: Wish) => void {
  let waiting: { wish: Wish } | undefined;
  let busy = false;
  const serve = async () => {
    busy = true;
    while (waiting !== undefined) {
      const { wish } = waiting;
      waiting = undefined;
      await job(wish);
    }
    busy = false;
  };
  return (wish) => {
    waiting = { wish };
    if (!busy) void serve();
  };
}
