//! Our media loop under the load: joined by commands, as the node joins participants.

use std::net::{IpAddr, Ipv4Addr};

use media::Order;
use sfu::{Kind, Mid, ParticipantId, Publish, Subscribe, TrackId};
use str0m::media::Direction;
use tokio::sync::oneshot;

use crate::load::{Client, Plan, Sample, Source, Subject, connect, pump};
use crate::measure::{Spent, pin};
use crate::server::Server;

const PICTURE: TrackId = TrackId(1);
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

impl Subject for Server {
    fn spent(&self) -> Spent {
        self.watched.spent()
    }

    fn forwarded(&self) -> anyhow::Result<Option<u64>> {
        Ok(Some(self.counters()?.forwarded))
    }
}

fn join(client: &mut Client, server: &Server, participant: ParticipantId, direction: Direction) -> anyhow::Result<Mid> {
    let offered = client.offer(direction, None)?;
    let mid = offered.mid;
    let (answer, answered) = oneshot::channel();
    let (send, recv) = match direction {
        Direction::SendOnly => (
            vec![Publish {
                mid,
                track: PICTURE,
                kind: Kind::Picture,
                redundant: false,
            }],
            vec![],
        ),
        _ => (vec![], vec![Subscribe { mid, track: PICTURE }]),
    };
    server.order(Order::Offer {
        participant,
        sdp: offered.sdp.clone(),
        publish: send,
        subscribe: recv,
        reply: answer,
    });
    client.accept(offered, &answered.blocking_recv()??.sdp)?;
    Ok(mid)
}

/// Runs the plan against the media loop.
///
/// # Errors
/// When it does not connect, or anything on the way fails.
pub fn run(plan: Plan) -> anyhow::Result<Sample> {
    let server = Server::start(plan.core)?;
    let _generator = pin(plan.core + 1);
    let mut publisher = Client::new(LOOPBACK)?;
    let mid = join(&mut publisher, &server, ParticipantId(0), Direction::SendOnly)?;
    let mut source = Source::new(plan, publisher, mid);
    let mut receivers: Vec<Client> = (0..plan.receivers)
        .map(|_| Client::new(LOOPBACK))
        .collect::<anyhow::Result<_>>()?;
    for (at, receiver) in receivers.iter_mut().enumerate() {
        join(receiver, &server, ParticipantId(1 + at as u64), Direction::RecvOnly)?;
    }
    let participants = (1..=plan.receivers as u64).map(ParticipantId).collect();
    server.order(Order::Route {
        track: PICTURE,
        participants,
        line: None,
    });
    connect(&mut source, &mut receivers)?;
    pump(plan, &server, &mut source, &mut receivers)
}
