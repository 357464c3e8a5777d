/** The address bar: which page is shown. A dozen fixed paths need no library. */
export type Route =
  | { page: 'wall' }
  | { page: 'camera'; id: string }
  | { page: 'timeline' }
  | { page: 'events' }
  | { page: 'add' }
  | { page: 'settings' }
  | { page: 'members' }
  | { page: 'join' }
  | { page: 'security' }
  | { page: 'suspensions' }
  | { page: 'privacy' }
  | { page: 'notifications' }
  | { page: 'camera-settings'; id: string }
  | { page: 'camera-watching'; id: string }
  | { page: 'status' }
  | { page: 'ledger' }
  | { page: 'checks' }
  | { page: 'check'; id: string }
  | { page: 'unknown' };

const ID = /^[0-9a-f]{32}$/;

/** The route of a path; anything unexpected is `unknown`, never a guess. */
export function parsePath(path: string): Route {
  const [first = '', second, third, rest] = path.replace(/^\/+|\/+$/g, '').split('/');
  if (first === '') return { page: 'wall' };
  if (first === 'camera' && second !== undefined && ID.test(second) && third === undefined) {
    return { page: 'camera', id: second };
  }
  if (first === 'settings' && second === 'camera' && third !== undefined && ID.test(third)) {
    return { page: 'camera-settings', id: third };
  }
  if (first === 'cameras' && second !== undefined && ID.test(second) && third === 'watching' && rest === undefined) {
    return { page: 'camera-watching', id: second };
  }
  if (first === 'checks' && second !== undefined && ID.test(second) && third === undefined) {
    return { page: 'check', id: second };
  }
  if (second === undefined && (first === 'checks' || first === 'security')) return { page: first };
  if (second === undefined && (first === 'timeline' || first === 'add' || first === 'settings')) return { page: first };
  if (second === undefined && (first === 'events' || first === 'notifications')) return { page: first };
  if (second === undefined && (first === 'suspensions' || first === 'privacy')) return { page: first };
  if (second === undefined && (first === 'members' || first === 'join')) return { page: first };
  if (second === undefined && (first === 'status' || first === 'ledger')) return { page: first };
  return { page: 'unknown' };
}

/** The path of a route: the inverse of parsePath. */
export function pathOf(route: Route): string {
  switch (route.page) {
    case 'wall':
      return '/';
    case 'camera':
      return `/camera/${route.id}`;
    case 'camera-settings':
      return `/settings/camera/${route.id}`;
    case 'camera-watching':
      return `/cameras/${route.id}/watching`;
    case 'check':
      return `/checks/${route.id}`;
    case 'unknown':
      return '/';
    default:
      return `/${route.page}`;
  }
}

/** A query of an address; which mock household it is stays from page to page. */
function queryWith(query: string): string {
  const mock = new URLSearchParams(location.search).get('mock');
  const search = new URLSearchParams(query);
  if (mock !== null) search.set('mock', mock);
  return search.size === 0 ? '' : `?${search}`;
}

class Router {
  route = $state.raw<Route>(parsePath(location.pathname));
  /** What a page has put into the address: filters, a moment. */
  search = $state(location.search);
  private path = location.pathname;

  constructor() {
    addEventListener('popstate', () => {
      this.search = location.search;
      // The same page with another query stays as it is, with its focus.
      if (this.path !== location.pathname) this.route = parsePath(location.pathname);
      this.path = location.pathname;
    });
  }

  /** Shows another page. Focus moves to its heading, as after a page load. */
  go(route: Route, { replaces = false, query = '' } = {}): void {
    this.write(pathOf(route) + queryWith(query), replaces);
    this.route = route;
    scrollTo(0, 0);
  }

  /** The same page with another query. */
  ask(query: string, { replaces = true } = {}): void {
    this.write(location.pathname + queryWith(query), replaces);
  }

  private write(address: string, replaces: boolean): void {
    if (replaces) history.replaceState(history.state, '', address);
    else history.pushState(null, '', address);
    this.path = location.pathname;
    this.search = location.search;
  }
}

export const router = new Router();

/** For <a href>: plain clicks stay in the page, modified ones are the browser's. */
export function follow(event: MouseEvent): void {
  const anchor = event.currentTarget as HTMLAnchorElement;
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  router.go(parsePath(anchor.pathname), { query: anchor.search });
}
