/** The events of the hub, with their pictures opened here. */
import type { ApiClient } from '../api/client';
import type { EventChange, EventCount, EventDoc, EventPage, EventQuery, EventsPort, PictureRole, SeenWish } from './events';

/** Opens a picture; given by whoever builds the program. */
export type OpenEventPicture = (event: EventDoc, role: PictureRole, signal: AbortSignal) => Promise<string | null>;

export function queryText(query: EventQuery): string {
  const search = new URLSearchParams();
  for (const camera of query.cameras ?? []) search.append('camera', camera);
  for (const kind of query.kinds ?? []) search.append('kind', kind);
  if (query.room !== undefined) search.set('room', query.room);
  if (query.zone !== undefined) search.set('zone', query.zone);
  if (query.fromUs !== undefined) search.set('from', String(Math.floor(query.fromUs)));
  if (query.toUs !== undefined) search.set('to', String(Math.ceil(query.toUs)));
  if (query.isSeen !== undefined) search.set('seen', String(query.isSeen));
  if (query.isKept !== undefined) search.set('kept', String(query.isKept));
  if (query.before !== undefined) search.set('before', query.before);
  if (query.limit !== undefined) search.set('limit', String(query.limit));
  return search.toString();
}

export class HubEvents implements EventsPort {
  constructor(
    private readonly api: Pick<ApiClient, 'get' | 'change'>,
    readonly picture: OpenEventPicture,
  ) {}

  list(query: EventQuery, signal?: AbortSignal): Promise<EventPage> {
    return this.api.get(`/events?${queryText(query)}`, signal);
  }

  find(id: string): Promise<EventDoc> {
    return this.api.get(`/events/${id}`);
  }

  change(id: string, change: EventChange): Promise<EventDoc> {
    return this.api.change('PATCH', `/events/${id}`, change);
  }

  markSeen(wish: SeenWish): Promise<void> {
    return this.api.change('POST', '/events/seen', wish);
  }

  remove(id: string): Promise<void> {
    return this.api.change('DELETE', `/events/${id}`);
  }

  async counts(edgesUs: readonly number[], cameras: readonly string[] = []): Promise<EventCount[]> {
    const search = new URLSearchParams();
    for (const edge of edgesUs) search.append('edge', String(Math.round(edge)));
    for (const camera of cameras) search.append('camera', camera);
    return (await this.api.get<{ days: EventCount[] }>(`/events/days?${search}`)).days;
  }

  async unseen(): Promise<number> {
    return (await this.api.get<{ count: number }>('/events/unseen')).count;
  }
}
